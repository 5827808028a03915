"""HTTP/1.1 over a socket, byte by byte, because no client library sends what a hostile or odd client sends."""

import contextlib
import socket
import ssl
from collections.abc import Iterable, Iterator

from harness.response import Response

Header = tuple[str | bytes, str | bytes]
_TIMEOUT = 20.0


class Closed(Exception):
    """The server closed the connection before the answer was whole."""


def encode_head(method: str, path: str, headers: Iterable[Header]) -> bytes:
    """The head of a request; text is sent as Latin-1, bytes as they are."""
    lines = [f"{method} {path} HTTP/1.1".encode("latin-1")]
    lines += [_bytes(name) + b": " + _bytes(value) for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def encode_chunks(body: bytes, size: int) -> bytes:
    """The body in chunked coding, in chunks of `size`."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _bytes(text: str | bytes) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text


class Connection:
    """One connection; several requests may follow each other on it."""

    def __init__(self, address: str, timeout: float = _TIMEOUT, tls: ssl.SSLContext | None = None) -> None:
        host, port = address.rsplit(":", 1)
        self.address = address
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self._buffer = b""

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Sends the bytes; a server that has already answered and closed is no failure here."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def request(self, method: str, path: str, headers: Iterable[Header] = (), body: bytes | None = None) -> Response:
        """Sends a whole request with a content-length where there is a body, and reads the whole answer."""
        self.start(method, path, headers, body)
        return self.response()

    def start(self, method: str, path: str, headers: Iterable[Header] = (), body: bytes | None = None) -> None:
        """Sends a whole request and reads nothing."""
        headers = [("host", self.address), *headers]
        if body is not None:
            headers.append(("content-length", str(len(body))))
        self.send(encode_head(method, path, headers) + (body or b""))

    def response(self) -> Response:
        """The next whole answer that is not 1xx. One that breaks off has `complete` unset."""
        response = self.head()
        while response.status < 200:
            response = self.head()
        try:
            for piece in self.pieces(response):
                response.body += piece
        except (Closed, ConnectionResetError):
            response.complete = False
        return response

    def head(self) -> Response:
        """Status and headers of the next answer, 1xx included."""
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        return Response(int(status_line.split(" ", 2)[1]), headers)

    def pieces(self, response: Response) -> Iterator[bytes]:
        """The body as it arrives, without its transfer coding."""
        if response.header("transfer-encoding") == "chunked":
            yield from self._chunks()
        elif response.header("content-length") is not None:
            yield from self._counted(int(response.header("content-length") or 0))
        elif response.status not in (204, 304):
            yield from self._rest()

    def _chunks(self) -> Iterator[bytes]:
        while True:
            size = int(self._line().split(b";")[0], 16)
            if size == 0:
                while self._line():
                    pass
                return
            yield from self._counted(size)
            self._line()

    def _counted(self, count: int) -> Iterator[bytes]:
        while count:
            if not self._buffer:
                self._fill()
            piece, self._buffer = self._buffer[:count], self._buffer[count:]
            count -= len(piece)
            yield piece

    def _rest(self) -> Iterator[bytes]:
        while True:
            if self._buffer:
                piece, self._buffer = self._buffer, b""
                yield piece
            try:
                self._fill()
            except Closed:
                return

    def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            self._fill()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _fill(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise Closed("the server closed the connection")
        self._buffer += data


def request(
    address: str, method: str, path: str, headers: Iterable[Header] = (), body: bytes | None = None
) -> Response:
    """One request on a connection of its own."""
    with Connection(address) as connection:
        return connection.request(method, path, headers, body)


def on_every_worker(
    address: str,
    method: str,
    path: str,
    headers: Iterable[Header] = (),
    body: bytes | None = None,
    connections: int = 8,
) -> list[Response]:
    """The same request on connections that are open at the same time, so that Envoy spreads them over its workers."""
    opened = [Connection(address) for _ in range(connections)]
    try:
        return [connection.request(method, path, headers, body) for connection in opened]
    finally:
        for connection in opened:
            connection.close()
