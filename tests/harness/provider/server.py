"""The HTTP side of a stand-in."""

import json
import threading
import time
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.provider.conversation import Fails
from harness.provider.strict import Complaint, expect

LEAK = "stand-in-internal-detail-8852"
"""In errors of the provider's own; a client that sees it sees a provider's inside."""


class Reply:
    """A whole answer, or one that streams."""

    def __init__(self, body: Any = None, pieces: Iterable[bytes] | None = None, content_type: str = "application/json"):
        self.body = body
        self.pieces = pieces
        self.content_type = content_type


class StandIn:
    """A provider of one kind, listening on a port of its own."""

    kind: ClassVar[str]
    """Its type in a policy."""
    name: ClassVar[str]
    chat_model: ClassVar[str] = "talker"
    embedding_model: ClassVar[str | None] = "embedder"
    environment: ClassVar[dict[str, str]]
    """Its credentials, as the forwarder finds them."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.gone: list[str] = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                stand_in._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def provider(self) -> dict[str, Any]:
        """What a policy says of it, beside its type."""
        raise NotImplementedError

    def serve(self, path: str, query: dict[str, str], headers: dict[str, str], body: Any, raw: bytes) -> Reply:
        """Answers a request, or raises `Complaint` or `Fails`."""
        raise NotImplementedError

    def error(self, status: int, message: str) -> tuple[Any, dict[str, str]]:
        """An error's body and headers."""
        raise NotImplementedError

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        address = urlsplit(handler.path)
        headers[":path"] = handler.path
        try:
            expect(headers.get("content-type") == "application/json", f"content-type {headers.get('content-type')}")
            expect("x-bartizan-tenant" not in headers, "an internal header")
            body = json.loads(raw)
            self.requests.append((handler.path, headers, body))
            reply = self.serve(unquote(address.path), dict(parse_qsl(address.query)), headers, body, raw)
        except Complaint as complaint:
            self.complaints.append(f"{handler.path}: {complaint}")
            self._send(handler, 400, *self.error(400, str(complaint)))
        except Fails as failure:
            # What was wrong with a request is for the client; what is wrong with the provider is not.
            inside = "" if failure.status == 400 else LEAK
            self._send(handler, failure.status, *self.error(failure.status, f"As you wished. {inside}"))
        else:
            if reply.pieces is None:
                self._send(handler, 200, reply.body, {})
            else:
                self._stream(handler, reply)

    def _send(self, handler: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        handler.send_response(status)
        for name, value in ({"content-type": "application/json", "content-length": str(len(data))} | headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    def _stream(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        handler.send_response(200)
        handler.send_header("content-type", reply.content_type)
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        try:
            for piece in reply.pieces or ():
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                handler.wfile.flush()
            handler.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.gone.append(handler.path)
            handler.close_connection = True


def sse(*events: Any, named: bool = False) -> Iterator[bytes]:
    """Server-sent events."""
    for event in events:
        name = f"event: {event['type']}\n" if named else ""
        data = event if isinstance(event, str) else json.dumps(event, separators=(",", ":"))
        yield f"{name}data: {data}\n\n".encode()


def endlessly(piece: bytes) -> Iterator[bytes]:
    """The same for as long as anybody listens, but no longer than a test takes."""
    until = time.monotonic() + 30
    pace = threading.Event()
    while time.monotonic() < until:
        yield piece
        pace.wait(0.005)
