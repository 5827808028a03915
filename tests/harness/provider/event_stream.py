"""AWS's framing of events: https://docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html"""

import json
import struct
import zlib
from typing import Any

STRING = 7


def event(kind: str, payload: Any) -> bytes:
    """One event."""
    headers = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", STRING, len(text)) + text.encode()
        for name, text in ((":event-type", kind), (":content-type", "application/json"), (":message-type", "event"))
    )
    data = json.dumps(payload, separators=(",", ":")).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(data), len(headers))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + data
    return message + struct.pack("!I", zlib.crc32(message))
