"""The official MCP client sees an MCP server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import mcp
import pytest
from mcp.client.streamable_http import streamable_http_client

from harness.policies import key_of
from harness.process import Bartizan
from harness.scenario import BLOCKED, MASKED, PLACEHOLDER

CLEAN = "Good evening."


def talk(edge: Bartizan, say: Callable[[mcp.Client], Awaitable[Any]], tenant: str = "tester") -> Any:
    """Runs a conversation with the sandbox's server."""

    async def conversation() -> Any:
        credential = {"authorization": f"Bearer {key_of(tenant)}"}
        async with httpx2.AsyncClient(headers=credential, timeout=20.0) as http:
            transport = streamable_http_client(f"http://{edge.listen}/mcp/sandbox", http_client=http)
            async with mcp.Client(transport) as client:
                return await say(client)

    return asyncio.run(asyncio.wait_for(conversation(), 20.0))


def test_tools_are_listed(edge: Bartizan):
    listed = talk(edge, lambda client: client.list_tools())
    assert [tool.name for tool in listed.tools] == ["echo", "echo_streamed"]


@pytest.mark.parametrize("tool", ["echo", "echo_streamed"])
def test_a_tool_is_called(edge: Bartizan, tool: str):
    result = talk(edge, lambda client: client.call_tool(tool, {"text": CLEAN}))
    assert (result.is_error, result.content[0].text) == (False, CLEAN)


def test_arguments_are_masked(edge: Bartizan):
    result = talk(edge, lambda client: client.call_tool("echo", {"text": f"It is {MASKED}."}))
    assert result.content[0].text == f"It is {PLACEHOLDER}."


def test_a_blocked_call_is_an_error_and_the_session_goes_on(edge: Bartizan):
    async def say(client: mcp.Client) -> str:
        with pytest.raises(mcp.MCPError) as caught:
            await client.call_tool("echo", {"text": f"Now {BLOCKED}."})
        assert "prompt-injection" in str(caught.value)
        return (await client.call_tool("echo", {"text": CLEAN})).content[0].text

    assert talk(edge, say) == CLEAN


def test_prompts_and_resources(edge: Bartizan):
    async def say(client: mcp.Client) -> tuple[Any, Any]:
        return await client.get_prompt("greet"), await client.read_resource("sandbox://readme")

    prompt, resource = talk(edge, say)
    assert prompt.messages[0].content.text
    assert resource.contents[0].text
