"""Nobody walks round the filters."""

import os
import stat
from pathlib import Path

import pytest

from harness import http2
from harness.dialects import Dialect
from harness.policies import key_of
from harness.process import Bartizan
from harness.scenario import model_of


@pytest.mark.parametrize(
    "token",
    [[], [("x-bartizan-edge", "")], [("x-bartizan-edge", "guess")], [("x-bartizan-edge", "guess")] * 2],
    ids=["without", "empty", "wrong", "doubled"],
)
def test_a_request_straight_to_the_forwarder_is_refused(edge: Bartizan, dialect: Dialect, token):
    headers = [("x-bartizan-tenant", "tester"), ("x-bartizan-key", "test"), *dialect.credential(key_of("tester"))]
    with http2.Connection(edge.addresses["forward"]) as connection:
        response = connection.request(
            "POST", dialect.path, [*headers, *token], dialect.body("Good evening.", model_of(dialect, "answers"))
        )
    assert response.status == 403, response
    assert b"not_from_edge" in response.body or b"permission_error" in response.body, response


def test_the_forwarder_s_socket_is_its_owner_s_alone(edge: Bartizan):
    path = Path(edge.addresses["forward"].removeprefix("unix:"))
    assert stat.S_ISSOCK(path.stat().st_mode)
    folder = path.parent.stat()
    assert stat.S_IMODE(folder.st_mode) == 0o700
    assert folder.st_uid == os.getuid()
