"""Certificates for one test run, made by the `openssl` command."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """PEM files: who vouches, the certificate, and its private key."""

    authority: Path
    certificate: Path
    key: Path


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30)


def authority(folder: Path) -> Certificate:
    """An authority of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / "ca.crt", folder / "ca.key"
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl("req", "-x509", *new_key, "-days", "2", "-subj", "/CN=test authority", "-keyout", key, "-out", certificate)
    return Certificate(certificate, certificate, key)


def issue(by: Certificate, folder: Path, name: str) -> Certificate:
    """A certificate for `name` and for this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key, request = folder / f"{name}.crt", folder / f"{name}.key", folder / f"{name}.csr"
    extensions = folder / f"{name}.cnf"
    extensions.write_text(f"subjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1\n")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl("req", *new_key, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    signed_by = ("-CA", by.certificate, "-CAkey", by.key, "-CAcreateserial")
    _openssl("x509", "-req", "-in", request, *signed_by, "-days", "2", "-extfile", extensions, "-out", certificate)
    return Certificate(by.certificate, certificate, key)
