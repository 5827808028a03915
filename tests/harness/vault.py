"""A HashiCorp Vault, as far as one that hands out a single secret goes, over TLS."""

import http.server
import json
import ssl
import threading
from typing import Any

from harness.certificates import Certificate


class Vault:
    """Serves `secret/data/NAME` to who has the token, as version 2 of the key-value engine does."""

    def __init__(self, served: Certificate, token: str, value: str) -> None:
        self.token = token
        self.value = value
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.present(served)
        vault = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.headers["x-vault-token"] != vault.token:
                    self._answer(403, {"errors": ["permission denied"]})
                elif self.path.startswith("/v1/secret/data/"):
                    self._answer(200, {"lease_id": "", "lease_duration": 0, "data": {"data": {"key": vault.value}}})
                else:
                    self._answer(404, {"errors": []})

            def do_POST(self) -> None:
                self._answer(400, {"errors": ["lease is not renewable"]})

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = self._context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def present(self, served: Certificate) -> None:
        """Shows another certificate from the next connection on."""
        self._context.load_cert_chain(served.certificate, served.key)

    @property
    def address(self) -> str:
        """Its URL."""
        return f"https://localhost:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
