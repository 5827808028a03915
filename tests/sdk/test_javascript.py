"""The official clients for JavaScript, with every kind of provider behind the edge."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.policies import key_of
from harness.polling import until
from harness.process import Bartizan
from harness.provider import StandIn
from harness.provider.conversation import INPUT_TOKENS, OUTPUT_TOKENS, summed
from sdk.matrix import LONG, REPORT, REPORTED, TENANT, chat_model, embedding_model, picture, picture_base64

FOLDER = Path(__file__).parent / "js"
MODULES = FOLDER / "node_modules"


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the clients installed as the lock file says."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        assert not os.environ.get("CI"), "no Node"
        pytest.skip("no Node")
    if not MODULES.exists():
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, timeout=120)
    return node


@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_ten_scenarios(node: str, matrix_edge: Bartizan, stand_in: StandIn, client: str):
    # Titan takes one text at a time.
    texts = ["A raven."] if stand_in.name == "bedrock" else ["A raven.", "Seven ravens were seen."]
    asked = {
        "client": client,
        "edge": matrix_edge.listen,
        "key": key_of(TENANT),
        "model": chat_model(stand_in),
        "embedder": embedding_model(stand_in) if stand_in.embedding_model else None,
        "picture": picture_base64(),
        "schema": REPORT,
        "long": LONG,
        "texts": texts,
    }
    gone = len(stand_in.gone)
    ended = subprocess.run(
        [node, FOLDER / "scenarios.mjs", json.dumps(asked)], capture_output=True, text=True, timeout=90, check=False
    )
    assert ended.returncode == 0, ended.stderr
    usage = {"input": INPUT_TOKENS, "output": OUTPUT_TOKENS}
    chat = {"said": "You said: Good evening."} | usage
    vectors = [[len(text), text.count("e"), 0.5] for text in texts]
    expected = {
        "chat": chat,
        "stream": chat,
        "tools": {"calls": ["York"], "said": "weather: rain in York"},
        "parallelTools": {"calls": ["York", "Bath"], "said": "weather: rain in York; weather: rain in Bath"},
        "images": f"I see 1: image/png of {len(picture())} bytes",
        "structured": REPORTED,
        "errors": {"name": "RateLimitError", "status": 429},
        "cancellation": 6,
        "longSystemPrompt": f"{summed(LONG)} You said: Good evening.",
    }
    if client == "openai":
        expected["embeddings"] = vectors if stand_in.embedding_model else None
    else:
        expected["countedTokens"] = True
    assert json.loads(ended.stdout) == expected
    until(lambda: len(stand_in.gone) > gone, "the provider notices that nobody listens")
