"""HTTP/2 frame by frame, in clear with prior knowledge, over TCP or a Unix socket."""

import socket
from collections.abc import Iterable

import h2.config
import h2.connection
import h2.errors
import h2.events

from harness.response import Response

_TIMEOUT = 20.0
_CONFIG = h2.config.H2Configuration(
    client_side=True, header_encoding=None, validate_outbound_headers=False, normalize_outbound_headers=False
)


class Connection:
    """One connection; requests may be open on it at the same time."""

    def __init__(self, address: str, timeout: float = _TIMEOUT) -> None:
        address = address.removeprefix("unix:")
        if address.startswith("/"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
            self.authority = "localhost"
        else:
            host, port = address.rsplit(":", 1)
            self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout=timeout)
            self.authority = address
        self.protocol = h2.connection.H2Connection(_CONFIG)
        self.protocol.initiate_connection()
        self.responses: dict[int, Response] = {}
        self.ended: set[int] = set()
        self._flush()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def request(
        self,
        method: str,
        path: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes | None = None,
        trailers: Iterable[tuple[str, str]] = (),
        piece: int | None = None,
    ) -> Response:
        """Sends a whole request, its body in DATA frames of `piece` bytes, and reads the whole answer."""
        stream = self.start(method, path, headers, body, trailers, piece)
        return self.response(stream)

    def start(
        self,
        method: str,
        path: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes | None = None,
        trailers: Iterable[tuple[str, str]] = (),
        piece: int | None = None,
    ) -> int:
        """Sends a whole request and returns its stream."""
        stream = self.protocol.get_next_available_stream_id()
        pseudo = [(":method", method), (":path", path), (":scheme", "http"), (":authority", self.authority)]
        trailers = _encode(trailers)
        self.protocol.send_headers(stream, _encode([*pseudo, *headers]), end_stream=body is None and not trailers)
        if body is not None:
            self._send_body(stream, body, piece, end_stream=not trailers)
        if trailers:
            self.protocol.send_headers(stream, trailers, end_stream=True)
        self._flush()
        return stream

    def reset(self, stream: int) -> None:
        """Gives the stream up; the connection goes on."""
        self.protocol.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
        self._flush()

    def response(self, stream: int) -> Response:
        """The whole answer of the stream."""
        while stream not in self.ended:
            self._read()
        return self.responses[stream]

    def _send_body(self, stream: int, body: bytes, piece: int | None, end_stream: bool) -> None:
        sent = 0
        while sent < len(body):
            window = self.protocol.local_flow_control_window(stream)
            if window == 0:
                self._flush()
                self._read()
                if stream in self.ended:
                    return
                continue
            size = min(piece or len(body), window, self.protocol.max_outbound_frame_size, len(body) - sent)
            self.protocol.send_data(stream, body[sent : sent + size])
            if piece is not None:
                self._flush()
            sent += size
        if end_stream:
            self.protocol.end_stream(stream)

    def _read(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            for response in self.responses.values():
                response.complete = False
            raise ConnectionError("the server closed the connection")
        for event in self.protocol.receive_data(data):
            self._take(event)
        self._flush()

    def _take(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.ResponseReceived():
                headers = _decode(event.headers)
                status = int(next(value for name, value in headers if name == ":status"))
                self.responses[event.stream_id] = Response(status, [pair for pair in headers if pair[0] != ":status"])
            case h2.events.DataReceived():
                self.responses[event.stream_id].body += event.data
                self.protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case h2.events.TrailersReceived():
                self.responses[event.stream_id].trailers = _decode(event.headers)
            case h2.events.StreamEnded():
                self.ended.add(event.stream_id)
            # After the end of an answer it only says that the rest of the request is not wanted: RFC 9113, 8.1.
            case h2.events.StreamReset() if event.stream_id not in self.ended:
                self.responses.setdefault(event.stream_id, Response(0, [])).complete = False
                self.ended.add(event.stream_id)

    def _flush(self) -> None:
        data = self.protocol.data_to_send()
        if data:
            self.socket.sendall(data)


def _encode(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers]


def _decode(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
