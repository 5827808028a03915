"""Policy documents, written for one test run."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "policies"

Document = dict[str, Any]


def key_of(tenant: str) -> str:
    """The API key of a tenant made by `tenant`."""
    return f"bz-test-{tenant}-key"


def document(kind: str, name: str, spec: dict[str, Any]) -> Document:
    """A policy document."""
    return {"apiVersion": "bartizan.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def tenant(name: str, *, key: dict[str, Any] | None = None, **spec: Any) -> Document:
    """A tenant with one key, `key_of(name)`; `key` adds to the key's fields, `spec` to the tenant's."""
    digest = hashlib.sha256(key_of(name).encode()).hexdigest()
    return document("Tenant", name, {"keys": [{"id": "test", "sha256": digest} | (key or {})]} | spec)


def provider(name: str, kind: str, **spec: Any) -> Document:
    """A provider of type `kind`."""
    return document("Provider", name, {"type": kind} | spec)


def model(name: str, provider: str, upstream: str | None = None) -> Document:
    """A model served by `provider`, which knows it as `upstream`."""
    spec = {"provider": provider} | ({"upstreamModel": upstream} if upstream else {})
    return document("Model", name, spec)


def rule(name: str, category: str, action: str, phrase: str, **more: Any) -> dict[str, Any]:
    """A rule that finds one phrase."""
    return more | {
        "id": name,
        "category": category,
        "owasp": ["LLM01"],
        "action": action,
        "phrases": [phrase],
        "examples": {"match": [f"Well, {phrase}!"], "noMatch": ["Nothing of the kind."]},
    }


def write(path: Path, *documents: Document) -> None:
    """Writes the documents as one file, at once, as an editor or a ConfigMap would."""
    replace(path, yaml.safe_dump_all(documents, sort_keys=False))


def replace(path: Path, text: str) -> None:
    """Writes a file at once: one that is cut short first has no mistakes and no tenants for a moment."""
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.replace(path)


def copy_samples(to: Path) -> None:
    """Copies the sample policies."""
    shutil.copytree(SAMPLES, to, dirs_exist_ok=True)


def edit(directory: Path, kind: str, change: Any) -> None:
    """Applies `change` to the spec of every document of the kind below the directory."""
    found = False
    for path in sorted([*directory.rglob("*.yaml"), *directory.rglob("*.yml")]):
        documents = [entry for entry in yaml.safe_load_all(path.read_text()) if entry]
        of_kind = [entry for entry in documents if entry["kind"] == kind]
        for entry in of_kind:
            change(entry["spec"])
            found = True
        if of_kind:
            write(path, *documents)
    assert found, f"{directory} has no {kind}"
