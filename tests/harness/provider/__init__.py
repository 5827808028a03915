"""Stand-ins for model providers: one a kind, each replaying the wire format that its vendor documents.

A stand-in refuses whatever its vendor would not take, and says so in `complaints`. What it answers depends on what it is
asked, the same with every kind (`conversation.reply`), so that one test serves them all:

| asked | said |
|---|---|
| `fail with 429` | the vendor's error of that status |
| `count without end` | a stream that ends only when nobody listens any more |
| results of tools | what they were |
| tools, and cities | a call for each city |
| a form | an object of that form |
| pictures | how many, and what they are |
| anything else | the length and sum of the system prompt, if there is one, and the last words of the user |
"""

from harness.provider.anthropic import Anthropic
from harness.provider.azure import Azure
from harness.provider.bedrock import Bedrock
from harness.provider.gemini import Gemini
from harness.provider.ollama import Ollama
from harness.provider.openai import OpenAi
from harness.provider.server import StandIn

KINDS: tuple[type[StandIn], ...] = (OpenAi, Azure, Anthropic, Gemini, Bedrock, Ollama)

__all__ = ["KINDS", "StandIn"]
