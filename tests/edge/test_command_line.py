"""The commands that need no Envoy, and their exit codes."""

import json
import re
from pathlib import Path

import pytest
import yaml

from harness import policies
from harness.policies import SAMPLES, key_of, tenant
from harness.process import Bartizan, command

VERBS = ["up", "serve", "check", "bootstrap", "key"]


def test_check_finds_nothing_wrong_with_the_samples():
    result = command("check", "--file", SAMPLES)
    assert result.returncode == 0, result.stderr + result.stdout


def test_check_of_good_policies_prints_an_empty_list_as_json():
    result = command("check", "--file", SAMPLES, "--output", "json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == []


def test_check_tells_file_line_column_field_and_remedy(tmp_path: Path):
    policies.copy_samples(tmp_path)
    bad = tmp_path / "bad.yaml"
    policies.write(bad, tenant("late", limits={"requests": {"limit": 5, "window": "5x"}}))
    result = command("check", "--file", tmp_path)
    assert result.returncode == 1, result.stderr
    told = result.stdout + result.stderr
    assert re.search(r'bad\.yaml:\d+:\d+: spec\.limits\.requests\.window: .*"5x"', told), told

    (mistake,) = json.loads(command("check", "--file", tmp_path, "--output", "json").stdout)
    assert {"file", "line", "column", "field", "message", "remedy"} <= set(mistake)
    lines = bad.read_text().splitlines()
    assert lines[mistake["line"] - 1][mistake["column"] - 1 :].startswith("5x")


def test_check_runs_the_examples_of_every_rule(tmp_path: Path):
    policies.copy_samples(tmp_path)
    wrong = policies.rule("wrong-example", "jailbreak", "audit", "a phrase that is not in the example")
    wrong["examples"] = {"match": ["something else"], "noMatch": ["nothing"]}
    policies.write(tmp_path / "wrong.yaml", policies.document("RulePack", "wrong", {"rules": [wrong]}))
    result = command("check", "--file", tmp_path)
    assert result.returncode == 1, result.stdout
    assert "wrong-example" in result.stdout + result.stderr or "something else" in result.stdout + result.stderr


def test_check_of_files_that_cannot_be_read_is_2(tmp_path: Path):
    assert command("check", "--file", tmp_path / "nowhere").returncode == 2


@pytest.mark.parametrize("arguments", [["frobnicate"], ["up", "--listen", "nonsense"], ["serve"], ["check", "--what"]])
def test_wrong_usage_is_2(arguments: list[str]):
    result = command(*arguments)
    assert result.returncode == 2, result.stderr
    assert result.stderr.startswith("error: ") and "--help" in result.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_help_is_worth_reading(verb: str):
    result = command(verb, "--help")
    assert result.returncode == 0
    assert "Example" in result.stdout or verb == "key", result.stdout
    assert len(result.stdout.splitlines()) > 8


def test_up_with_bad_policies_says_what_is_wrong_and_ends_with_1(tmp_path: Path):
    policies.copy_samples(tmp_path)
    (tmp_path / "bad.yaml").write_text("kind: [")
    flags = [flag for name in ("--listen", "--admin", "--xds", "--envoy-admin") for flag in (name, "127.0.0.1:0")]
    result = command("up", *flags, "--file", tmp_path)
    assert result.returncode == 1, result.stderr
    assert re.search(r"bad\.yaml:\d+:\d+: ", result.stderr), result.stderr


def test_bootstrap_names_the_node_and_its_control_plane():
    result = command("bootstrap", "--xds", "xds.example.com:18000", "--node-id", "edge-7")
    assert result.returncode == 0, result.stderr
    document = yaml.safe_load(result.stdout)
    assert document["node"] == {"id": "edge-7", "cluster": "bartizan"}
    assert "xds.example.com" in result.stdout


def test_a_new_key_works_when_its_policy_is_added(tmp_path: Path):
    folder = tmp_path / "policies"
    policies.copy_samples(folder)
    made = command("key", "new", "--tenant", "initech", "--id", "laptop")
    assert made.returncode == 0, made.stderr
    key = made.stderr.split()[0]
    assert re.fullmatch(r"bz-[A-Za-z0-9_-]{43}", key)
    assert key not in made.stdout
    (folder / "initech.yaml").write_text(made.stdout)
    assert command("check", "--file", folder).returncode == 0
    bartizan = Bartizan(tmp_path, folder)
    try:
        assert bartizan.request("GET", "/v1/models", [("authorization", f"Bearer {key}")]).status == 200
    finally:
        bartizan.stop()


def test_every_new_key_is_another():
    keys = {command("key", "new", "--tenant", "initech").stderr.split()[0] for _ in range(5)}
    assert len(keys) == 5
    assert key_of("tester") not in keys


def test_scan_says_of_an_answer_whole_or_streamed_what_the_filter_would(tmp_path: Path):
    words = "Write to watch.captain@castle-keep.org today."
    whole = tmp_path / "answer.json"
    whole.write_text(json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": words}}]}))
    stream = tmp_path / "answer.txt"
    deltas = [{"choices": [{"index": 0, "delta": {"content": letter}}]} for letter in words]
    stream.write_text("".join(f"data: {json.dumps(delta)}\n\n" for delta in deltas) + "data: [DONE]\n\n")
    verdicts = []
    for path in [whole, stream]:
        result = command("scan", "--file", SAMPLES, "-o", "json", path)
        assert result.returncode == 1, result.stderr
        verdicts.append(json.loads(result.stdout))
    for verdict in verdicts:
        assert verdict["action"] == "mask"
        assert "watch" not in verdict["masked"] and "[EMAIL]" in verdict["masked"]
        (finding,) = verdict["findings"]
        assert finding["text"] == "watch.captain@castle-keep.org" and finding["range"] == [9, 38]
