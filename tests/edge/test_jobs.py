"""Requests that are answered without a held connection, through a real Envoy."""

import json
import os
import signal
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import certificates, http1, policies, scenario
from harness.dialects import OPENAI, Dialect
from harness.policies import key_of, tenant
from harness.polling import until
from harness.postgres import Postgres
from harness.process import Bartizan
from harness.response import Response
from harness.scenario import BLOCKED, MASKED, PLACEHOLDER, model_of
from harness.upstream import ANSWER, INPUT_TOKENS, OUTPUT_TOKENS, Upstream

KEEP_QUEUED = 4
WINDOW = {"limit": 10_000, "window": "360d"}
# So long that nothing comes back while a test runs.
TOKENS = {"limit": 1_000_000, "window": "360d"}


def write(folder: Path, upstream: Upstream, unreachable: str, **gateway: Any) -> None:
    scenario.write_policies(folder, upstream, unreachable)
    jobs = {"maxQueuedPerTenant": KEEP_QUEUED, "maxPerTenant": 50, "maxRunning": 8} | gateway.pop("jobs", {})
    scenario.size_limits(folder, {"jobs": jobs} | gateway)
    documents = [tenant(name, limits={"requests": WINDOW, "tokens": TOKENS}) for name in ("charged",)]
    documents += [tenant(name) for name in ("alice", "mallory", "many", "revoked", "gone")]
    policies.write(folder / "jobs.yaml", *documents)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream, unreachable: str) -> Iterator[Bartizan]:
    folder = tmp_path_factory.mktemp("jobs")
    # Shorter than some of the jobs here run: their own bound holds for them.
    write(folder / "policies", upstream, unreachable, maxStreamDuration="3s")
    bartizan = Bartizan(folder, folder / "policies", environment=scenario.PROVIDER_KEYS)
    yield bartizan
    bartizan.stop()


def call(edge: Bartizan, method: str, path: str, tenant: str = "tester", body: bytes | None = None) -> Response:
    headers = [("authorization", f"Bearer {key_of(tenant)}"), ("content-type", "application/json")]
    return edge.request(method, path, headers, body)


def submit(edge: Bartizan, dialect: Dialect, behaviour: str = "answers", tenant: str = "tester", **more: Any) -> Response:
    text = more.pop("text", "Good evening.")
    body = dialect.body(text, model_of(dialect, behaviour), **more)
    return call(edge, "POST", f"/v1/jobs?endpoint={dialect.path}", tenant, body)


def submitted(edge: Bartizan, *arguments: Any, **more: Any) -> str:
    response = submit(edge, *arguments, **more)
    assert response.status == 202, response
    return str(response.json()["id"])


def look(edge: Bartizan, job: str, tenant: str = "tester") -> dict[str, Any]:
    response = call(edge, "GET", f"/v1/jobs/{job}", tenant)
    assert response.status == 200, response
    return response.json()


def over(edge: Bartizan, job: str, tenant: str = "tester") -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        found = look(edge, job, tenant)
        return found if found["status"] in ("succeeded", "failed", "cancelled") else None

    return until(ended, f"{job} is over", 30)


def running(edge: Bartizan, job: str, tenant: str = "tester") -> None:
    until(lambda: look(edge, job, tenant)["status"] == "running", f"{job} runs")


def begun(upstream: Upstream, model: str, before: int) -> None:
    until(lambda: len(upstream.of_model(model)) > before, f"{model} was asked")


# === The life of a job ===


def test_a_job_is_submitted_and_asked_for(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    before = len(upstream.of_model("answers"))
    response = submit(edge, dialect)
    assert response.status == 202, response
    job = response.json()
    assert (job["object"], job["status"], job["endpoint"]) == ("job", "queued", dialect.path)
    assert job["model"] == model_of(dialect, "answers")
    assert job["response"] is None and job["error"] is None
    assert job["expires_at"] - job["created_at"] == 24 * 3600
    assert job["id"].startswith("job_") and len(job["id"]) >= 36
    assert response.header("location") == f"/v1/jobs/{job['id']}"
    assert response.header("x-bartizan-verdict") == "allow"
    job = over(edge, job["id"])
    assert job["status"] == "succeeded" and job["error"] is None, job
    assert job["created_at"] <= job["started_at"] <= job["finished_at"] < job["expires_at"]
    assert job["response"]["status_code"] == 200
    assert job["response"]["content_type"] == "application/json"
    assert ANSWER in json.dumps(job["response"]["body"])
    assert len(upstream.of_model("answers")) == before + 1
    sent = upstream.of_model("answers")[-1]
    assert not [value for name, value in sent.headers if "bz-job/" in value or name.startswith("x-bartizan")]


def test_other_endpoints_have_jobs_too(edge: Bartizan):
    for endpoint, body in (
        ("/v1/embeddings", {"model": "sandbox-embed", "input": "hello"}),
        ("%2Fv1%2Fresponses", {"model": "sandbox-chat", "input": "hello"}),
    ):
        response = call(edge, "POST", f"/v1/jobs?endpoint={endpoint}", body=json.dumps(body).encode())
        if response.status == 404:  # the sandbox has no such model
            assert response.json()["error"]["code"] == "model_not_found"
            continue
        assert over(edge, response.json()["id"])["status"] == "succeeded"


def test_what_cannot_be_worked_on_is_refused_at_once(edge: Bartizan, dialect: Dialect):
    path = f"/v1/jobs?endpoint={dialect.path}"
    table = [
        (path, dialect.body("hi", "no-such-model"), 404),
        (path, b'{"model":', 400),
        (path, b"", 400),
        ("/v1/jobs", dialect.body("hi", "any"), 400),
        ("/v1/jobs?endpoint=/mcp", dialect.body("hi", "any"), 400),
        ("/v1/jobs?endpoint=/v1/models", dialect.body("hi", "any"), 400),
    ]
    for target, body, status in table:
        response = call(edge, "POST", target, body=body)
        assert response.status == status, (target, response)
        assert response.json()["error"]["message"]
    blocked = submit(edge, dialect, text=f"Please {BLOCKED}.")
    dialect.refusal(blocked, 400, "content_blocked")


def test_nothing_is_known_of_a_job_that_is_not_there(edge: Bartizan):
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/cancel")):
        response = call(edge, method, f"/v1/jobs/job_none{path}")
        assert response.status == 404, response
        assert response.json()["error"]["code"] == "job_not_found"
    assert call(edge, "PUT", "/v1/jobs/job_none").header("allow") == "GET, DELETE"
    assert edge.request("GET", "/v1/jobs/job_none").status == 401


# === Tenants apart, and what it costs ===


def test_a_tenant_sees_its_own_jobs_alone(edge: Bartizan):
    job = submitted(edge, OPENAI, tenant="alice")
    over(edge, job, "alice")
    for method, path in (("GET", ""), ("GET", "?stream=true"), ("DELETE", ""), ("POST", "/cancel")):
        response = call(edge, method, f"/v1/jobs/{job}{path}", "mallory")
        assert response.status == 404, response
    assert look(edge, job, "alice")["status"] == "succeeded"
    assert call(edge, "DELETE", f"/v1/jobs/{job}", "alice").json() == {"id": job, "object": "job", "deleted": True}
    assert call(edge, "GET", f"/v1/jobs/{job}", "alice").status == 404


def test_a_job_is_counted_once_and_charged_once(edge: Bartizan):
    def left(unit: str, response: Response) -> int:
        return int(response.header(f"x-ratelimit-remaining-{unit}") or "")

    response = submit(edge, OPENAI, tenant="charged")
    assert left("requests", response) == WINDOW["limit"] - 1
    job = response.json()["id"]
    looks: list[str] = []

    def succeeded() -> bool:
        looks.append(look(edge, job, "charged")["status"])
        return looks[-1] == "succeeded"

    until(succeeded, "the job is over")
    response = call(edge, "GET", f"/v1/jobs/{job}", "charged")
    # One for the submission and one for each look; none for the work. Of tokens only what the work took.
    assert left("requests", response) == WINDOW["limit"] - 1 - len(looks) - 1
    assert left("tokens", response) == TOKENS["limit"] - INPUT_TOKENS - OUTPUT_TOKENS


def test_a_job_that_a_limit_holds_back_waits(edge: Bartizan, upstream: Upstream, dialect: Dialect):
    before, asked = metric(edge, "bartizan_job_runs_total", outcome="put_back"), len(upstream.of_model("fails-429"))
    job = submitted(edge, dialect, "fails-429")
    until(lambda: metric(edge, "bartizan_job_runs_total", outcome="put_back") > before, "it was put back")
    assert look(edge, job)["status"] == "queued"
    assert len(upstream.of_model("fails-429")) >= asked + 1
    assert call(edge, "POST", f"/v1/jobs/{job}/cancel").json()["status"] == "cancelled"


def test_a_tenant_has_as_many_jobs_as_it_may(edge: Bartizan, upstream: Upstream):
    release = upstream.hold()
    jobs = [submitted(edge, OPENAI, "held", tenant="many") for _ in range(KEEP_QUEUED)]
    refused = submit(edge, OPENAI, "held", tenant="many")
    assert refused.status == 429, refused
    assert refused.json()["error"]["code"] == "too_many_jobs"
    assert refused.header("retry-after")
    release.set()
    for job in jobs:
        assert over(edge, job, "many")["status"] == "succeeded"


# === Cancelled, blocked, failed ===


@pytest.mark.parametrize("verb", ["cancel", "delete"])
def test_cancelling_ends_the_request_at_the_provider(edge: Bartizan, upstream: Upstream, verb: str, dialect: Dialect):
    upstream.hold()
    asked, gone = len(upstream.of_model("held")), len(upstream.gone)
    job = submitted(edge, dialect, "held")
    begun(upstream, "held", asked)
    if verb == "cancel":
        response = call(edge, "POST", f"/v1/jobs/{job}/cancel")
        assert response.status == 200, response
        assert response.json()["status"] == "cancelled"
    else:
        assert call(edge, "DELETE", f"/v1/jobs/{job}").json()["deleted"] is True
    until(lambda: len(upstream.gone) > gone, "the provider saw the end", 2)
    if verb == "cancel":
        assert look(edge, job)["status"] == "cancelled"
        assert call(edge, "POST", f"/v1/jobs/{job}/cancel").json()["status"] == "cancelled"


def test_a_job_whose_answer_is_blocked_fails_with_the_refusal(edge: Bartizan, dialect: Dialect):
    job = over(edge, submitted(edge, dialect, "answers-with-attack"))
    assert job["status"] == "failed", job
    assert job["response"]["status_code"] == 400
    assert "blocked" in job["response"]["body"]["error"]["message"]
    assert "blocked" in job["error"]["message"]
    if dialect is OPENAI:
        assert job["error"]["code"] == job["response"]["body"]["error"]["code"] == "content_blocked"


def test_a_prompt_is_stored_as_the_filters_let_it_pass(edge: Bartizan, upstream: Upstream):
    over(edge, submitted(edge, OPENAI, text=f"Watch the {MASKED}."))
    assert PLACEHOLDER in upstream.of_model("answers")[-1].body.decode()
    stored = b"".join(path.read_bytes() for path in edge.folder.glob("jobs.db*"))
    assert MASKED.encode() not in stored


@pytest.mark.parametrize("behaviour", ["fails-500", "cut", "garbage"])
def test_a_job_that_the_provider_fails_is_failed(edge: Bartizan, dialect: Dialect, behaviour: str):
    job = over(edge, submitted(edge, dialect, behaviour))
    assert (job["status"], job["response"]["status_code"]) == ("failed", 502), job
    assert job["error"]["message"]


def test_a_job_may_last_longer_than_a_request(edge: Bartizan, upstream: Upstream):
    release = upstream.hold()
    asked = len(upstream.of_model("held"))
    job = submitted(edge, OPENAI, "held", stream=True)
    begun(upstream, "held", asked)
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 4, "longer than maxStreamDuration", 10)
    release.set()
    assert over(edge, job)["status"] == "succeeded"


# === Streams ===


def follow(edge: Bartizan, job: str) -> tuple[http1.Connection, Iterator[bytes]]:
    """A connection on which the events of a job arrive."""
    connection = http1.Connection(edge.listen)
    headers = [("authorization", f"Bearer {key_of('tester')}"), ("accept", "text/event-stream")]
    connection.start("GET", f"/v1/jobs/{job}", headers)
    response = connection.head()
    assert response.status == 200, response
    assert response.header("content-type") == "text/event-stream"
    return connection, connection.pieces(response)


def test_a_streamed_job_is_replayed_from_the_start_and_then_live(edge: Bartizan, upstream: Upstream, dialect: Dialect):
    release = upstream.hold()
    asked = len(upstream.of_model("held"))
    job = submitted(edge, dialect, "held", stream=True)
    begun(upstream, "held", asked)
    connection, pieces = follow(edge, job)
    with connection:
        first = next(pieces)
        assert first.startswith((b"data: ", b"event: message_start")), first
        release.set()
        whole = (first + b"".join(pieces)).decode()
    assert whole.rstrip().endswith("data: [DONE]" if dialect is OPENAI else '"message_stop"}'), whole
    again = call(edge, "GET", f"/v1/jobs/{job}?stream=true")
    assert again.status == 200 and again.complete
    assert without_comments(again.body.decode()) == without_comments(whole)
    assert over(edge, job)["response"]["body"] == again.body.decode()


def without_comments(text: str) -> str:
    return "\n\n".join(event for event in text.split("\n\n") if not event.startswith(":"))


def test_a_job_that_is_not_streamed_tells_its_states(edge: Bartizan):
    job = submitted(edge, OPENAI)
    response = call(edge, "GET", f"/v1/jobs/{job}?stream=true")
    events = [event for event in response.body.decode().split("\n\n") if event.startswith("event: job")]
    states = [json.loads(event.split("data: ", 1)[1])["status"] for event in events]
    assert states[-1] == "succeeded" and states == sorted(states, key=["queued", "running", "succeeded"].index)
    assert ANSWER in events[-1]


def test_who_follows_a_job_that_is_cancelled_is_told(edge: Bartizan, upstream: Upstream, dialect: Dialect):
    upstream.hold()
    asked = len(upstream.of_model("held"))
    job = submitted(edge, dialect, "held", stream=True)
    begun(upstream, "held", asked)
    connection, pieces = follow(edge, job)
    with connection:
        next(pieces)
        call(edge, "POST", f"/v1/jobs/{job}/cancel")
        rest = b"".join(pieces).decode()
    assert "The job was cancelled." in rest


def test_a_stream_that_breaks_off_is_a_job_that_failed(edge: Bartizan, dialect: Dialect):
    job = submitted(edge, dialect, "cut", stream=True)
    assert over(edge, job)["status"] == "failed"
    replayed = call(edge, "GET", f"/v1/jobs/{job}?stream=true")
    assert "error" in replayed.body.decode()


# === Revoked, restarted, stopped ===


def test_a_job_whose_key_is_revoked_is_not_worked_on(tmp_path: Path, upstream: Upstream, unreachable: str):
    folder = tmp_path / "policies"
    write(folder, upstream, unreachable, jobs={"maxRunning": 1})
    bartizan = Bartizan(tmp_path, folder, environment=scenario.PROVIDER_KEYS)
    try:
        release = upstream.hold()
        asked = len(upstream.of_model("held"))
        first = submitted(bartizan, OPENAI, "held")
        begun(upstream, "held", asked)
        before = len(upstream.of_model("answers"))
        revoked = submitted(bartizan, OPENAI, tenant="revoked")
        documents = (folder / "jobs.yaml").read_text()
        renamed = documents.replace("name: revoked", "name: renamed")
        (folder / "jobs.yaml").write_text(renamed)
        # The key now belongs to another tenant, to whom the job is unknown.
        until(lambda: call(bartizan, "GET", f"/v1/jobs/{revoked}", "revoked").status == 404, "the tenant is gone")
        release.set()
        over(bartizan, first)
        until(lambda: metric(bartizan, "bartizan_job_runs_total", outcome="failed") == 1, "it was refused")
        assert len(upstream.of_model("answers")) == before
        (folder / "jobs.yaml").write_text(documents)
        until(lambda: call(bartizan, "GET", f"/v1/jobs/{revoked}", "revoked").status == 200, "the tenant is back")
        job = look(bartizan, revoked, "revoked")
        assert (job["status"], job["response"]["status_code"]) == ("failed", 401)
        assert job["error"]["code"] == "invalid_api_key"
    finally:
        bartizan.stop()


def test_jobs_survive_a_crash_and_none_is_done_twice(tmp_path: Path, upstream: Upstream, unreachable: str):
    folder = tmp_path / "policies"
    write(folder, upstream, unreachable, jobs={"maxRunning": 1})
    bartizan = Bartizan(tmp_path, folder, environment=scenario.PROVIDER_KEYS)
    try:
        done = submitted(bartizan, OPENAI)
        answered = over(bartizan, done)
        upstream.hold()
        asked, queued = len(upstream.of_model("held")), len(upstream.of_model("answers"))
        flying = submitted(bartizan, OPENAI, "held")
        begun(upstream, "held", asked)
        waiting = submitted(bartizan, OPENAI)
        bartizan.interrupt(signal.SIGKILL)
        bartizan.wait()
    finally:
        bartizan.stop()
    bartizan = Bartizan(tmp_path, folder, environment=scenario.PROVIDER_KEYS)
    try:
        assert look(bartizan, done) == answered
        interrupted = over(bartizan, flying)
        assert (interrupted["status"], interrupted["error"]["code"]) == ("failed", "interrupted")
        assert over(bartizan, waiting)["status"] == "succeeded"
        assert len(upstream.of_model("held")) == asked + 1
        assert len(upstream.of_model("answers")) == queued + 1
        assert metric(bartizan, "bartizan_jobs_swept_total", what="interrupted") == 1
    finally:
        bartizan.stop()


def assert_succeeded(tmp_path: Path, folder: Path, job: str) -> None:
    """Asks the next process that has the store."""
    bartizan = Bartizan(tmp_path, folder, environment=scenario.PROVIDER_KEYS)
    try:
        assert look(bartizan, job)["status"] == "succeeded"
    finally:
        bartizan.stop()


def test_a_stop_lets_a_job_finish(tmp_path: Path, upstream: Upstream, unreachable: str):
    folder = tmp_path / "policies"
    write(folder, upstream, unreachable)
    bartizan = Bartizan(tmp_path, folder, environment=scenario.PROVIDER_KEYS)
    try:
        release = upstream.hold()
        asked = len(upstream.of_model("held"))
        job = submitted(bartizan, OPENAI, "held")
        begun(upstream, "held", asked)
        bartizan.interrupt()
        until(lambda: "stopping" in bartizan.output, "it stops")
        release.set()
        assert bartizan.wait() == 0
    finally:
        bartizan.stop()
    assert_succeeded(tmp_path, folder, job)


def test_who_follows_a_job_at_a_stop_is_told_to_come_back(
    tmp_path: Path, upstream: Upstream, unreachable: str, dialect: Dialect
):
    folder = tmp_path / "policies"
    write(folder, upstream, unreachable)
    bartizan = Bartizan(tmp_path, folder, environment=scenario.PROVIDER_KEYS)
    try:
        release = upstream.hold()
        asked = len(upstream.of_model("held"))
        job = submitted(bartizan, dialect, "held", stream=True)
        begun(upstream, "held", asked)
        connection, pieces = follow(bartizan, job)
        with connection:
            next(pieces)
            began = time.monotonic()
            bartizan.interrupt()
            rest = b"".join(pieces).decode()
        assert time.monotonic() - began < 5
        assert "retry: 1000" in rest and "The service is stopping." in rest, rest
        release.set()
        assert bartizan.wait() == 0
    finally:
        bartizan.stop()
    assert_succeeded(tmp_path, folder, job)


def test_who_follows_a_job_that_waits_does_not_hold_up_a_stop(tmp_path: Path, upstream: Upstream, unreachable: str):
    folder = tmp_path / "policies"
    write(folder, upstream, unreachable)
    bartizan = Bartizan(tmp_path, folder, "--drain-seconds", "60", environment=scenario.PROVIDER_KEYS)
    try:
        job = submitted(bartizan, OPENAI, "fails-429")
        connection, pieces = follow(bartizan, job)
        with connection:
            assert b"event: job" in next(pieces)
            bartizan.interrupt()
            assert bartizan.wait(10) == 0
    finally:
        bartizan.stop()


def test_jobs_pass_a_listener_with_tls(tmp_path: Path, upstream: Upstream, unreachable: str):
    folder = tmp_path / "policies"
    trusted = certificates.authority(tmp_path / "tls")
    served = certificates.issue(trusted, tmp_path / "tls", "localhost")
    write(folder, upstream, unreachable)
    tls = {"certificateFile": str(served.certificate), "privateKeyFile": str(served.key)}
    scenario.size_limits(folder, {"tls": tls})
    bartizan = Bartizan(tmp_path, folder, environment=scenario.PROVIDER_KEYS)
    context = ssl.create_default_context(cafile=str(trusted.certificate))
    headers: list[http1.Header] = [*OPENAI.credential(key_of("tester")), ("content-type", "application/json")]

    def ask(method: str, path: str, body: bytes | None = None) -> Response:
        with http1.Connection(bartizan.listen, tls=context) as connection:
            return connection.request(method, path, headers, body)

    try:
        body = OPENAI.body("hi", model_of(OPENAI, "answers"))
        job = ask("POST", f"/v1/jobs?endpoint={OPENAI.path}", body).json()["id"]
        until(lambda: ask("GET", f"/v1/jobs/{job}").json()["status"] == "succeeded", "the job is over", 10)
    finally:
        bartizan.stop()


def test_jobs_follow_the_certificates_of_the_gateway(tmp_path: Path, upstream: Upstream, unreachable: str):
    folder = tmp_path / "policies"
    trusted = certificates.authority(tmp_path / "tls")
    write(folder, upstream, unreachable)
    plain = (folder / "gateway.yaml").read_text()
    bartizan = Bartizan(tmp_path, folder, environment=scenario.PROVIDER_KEYS)
    headers: list[http1.Header] = [*OPENAI.credential(key_of("tester")), ("content-type", "application/json")]

    def ask(served: certificates.Certificate | None, method: str, path: str, body: bytes | None = None) -> Response | None:
        context = ssl.create_default_context(cafile=str(trusted.certificate)) if served else None
        try:
            with http1.Connection(bartizan.listen, tls=context) as connection:
                if served and context:
                    expected = ssl.PEM_cert_to_DER_cert(served.certificate.read_text())
                    if connection.socket.getpeercert(binary_form=True) != expected:
                        return None
                return connection.request(method, path, headers, body)
        except (OSError, http1.Closed):
            return None

    def works(served: certificates.Certificate | None) -> None:
        body = OPENAI.body("hi", model_of(OPENAI, "answers"))
        job = until(lambda: ask(served, "POST", f"/v1/jobs?endpoint={OPENAI.path}", body), "Envoy serves so", 20)
        path = f"/v1/jobs/{job.json()['id']}"
        states = ("succeeded", "failed")
        until(lambda: ask(served, "GET", path).json()["status"] in states, "the job is over", 20)
        over = ask(served, "GET", path).json()
        assert over["status"] == "succeeded", over

    try:
        # No job before: its connection would outlive the listener.
        for name in ("one", "two"):
            served = certificates.issue(trusted, tmp_path / "tls", name)
            tls = {"certificateFile": str(served.certificate), "privateKeyFile": str(served.key)}
            scenario.size_limits(folder, {"tls": tls})
            works(served)
        (folder / "gateway.yaml").write_text(plain)
        works(None)
    finally:
        bartizan.stop()


def test_forwarders_share_a_database(tmp_path: Path, upstream: Upstream, unreachable: str):
    database = Postgres()
    edges: list[Bartizan] = []
    try:
        for name in ("one", "two"):
            folder = tmp_path / name
            write(folder / "policies", upstream, unreachable, jobs={"maxQueuedPerTenant": 100, "maxPerTenant": 100})
            edges.append(
                Bartizan(folder, folder / "policies", "--jobs", database.url, environment=scenario.PROVIDER_KEYS)
            )
        one, two = edges
        before = len(upstream.of_model("answers"))
        jobs = [submitted(edges[number % 2], OPENAI) for number in range(20)]
        for job in jobs:
            assert over(two, job) == over(one, job)
            assert look(two, job)["status"] == "succeeded"
        assert len(upstream.of_model("answers")) == before + len(jobs)
        # One that the other works on, or this: either ends within moments.
        upstream.hold()
        asked, gone = len(upstream.of_model("held")), len(upstream.gone)
        job = submitted(one, OPENAI, "held", stream=True)
        begun(upstream, "held", asked)
        for edge in edges:
            connection, pieces = follow(edge, job)
            with connection:
                assert next(pieces).startswith(b"data: ")
        for edge in edges:
            assert call(edge, "POST", f"/v1/jobs/{job}/cancel").json()["status"] == "cancelled"
        until(lambda: len(upstream.gone) > gone, "the provider saw the end", 5)
    finally:
        for edge in edges:
            edge.stop()
        database.stop()


def test_jobs_in_memory_leave_no_file(tmp_path: Path, upstream: Upstream, unreachable: str):
    folder = tmp_path / "policies"
    write(folder, upstream, unreachable)
    bartizan = Bartizan(tmp_path, folder, "--jobs", "memory", environment=scenario.PROVIDER_KEYS)
    try:
        assert over(bartizan, submitted(bartizan, OPENAI))["status"] == "succeeded"
        assert not list(tmp_path.glob("jobs.db*"))
    finally:
        bartizan.stop()


def metric(edge: Bartizan, name: str, **labels: str) -> float:
    wanted = name + "{" + ",".join(f'{label}="{value}"' for label, value in labels.items()) + "}"
    for line in edge.admin("/metrics").body.decode().splitlines():
        if line.startswith(wanted + " "):
            return float(line.rsplit(" ", 1)[1])
    return 0.0


def test_jobs_are_counted(edge: Bartizan):
    over(edge, submitted(edge, OPENAI))
    assert metric(edge, "bartizan_job_submissions_total", outcome="queued") >= 1
    until(lambda: metric(edge, "bartizan_jobs", state="succeeded") >= 1, "the gauge shows it", 10)
    assert metric(edge, "bartizan_job_runs_total", outcome="succeeded") >= 1
    lines = edge.admin("/metrics").body.decode()
    assert "bartizan_jobs_oldest_queued_seconds " in lines


def test_the_file_is_for_its_owner_alone(edge: Bartizan):
    over(edge, submitted(edge, OPENAI))
    files = list(edge.folder.glob("jobs.db*"))
    assert files and all(os.stat(path).st_mode & 0o777 == 0o600 for path in files), files
