"""Checking AWS's signatures: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from harness.provider.strict import expect

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)
SKEW = timedelta(minutes=5)


def check(headers: dict[str, str], body: bytes, access: str, secret: str, region: str, service: str) -> None:
    """Complains of a request that is not signed for this account, region and service, just now."""
    found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    expect(found is not None, f"no signature: {headers.get('authorization')}")
    assert found
    key, day, signed_region, signed_service, names, signature = found.groups()
    expect((key, signed_region, signed_service) == (access, region, service), "signed for something else")
    at = headers["x-amz-date"]
    expect(at.startswith(day), "two dates")
    age = datetime.now(UTC) - datetime.strptime(at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    expect(abs(age) < SKEW, f"signed {age} ago")
    signed = names.split(";")
    expect(signed == sorted(signed) and {"host", "x-amz-date"} <= set(signed), f"signed headers {signed}")
    digest = hashlib.sha256(body).hexdigest()
    path, _, query = headers[":path"].partition("?")
    lines = [f"{name}:{' '.join(headers[name].split())}\n" for name in signed]
    # Each segment of the path is encoded once more, for every service but S3.
    canonical = "\n".join(["POST", quote(path, safe="/-_.~"), query, "".join(lines), names, digest])
    scope = f"{day}/{region}/{service}/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashed}"
    mac = f"AWS4{secret}".encode()
    for step in (day, region, service, "aws4_request", text):
        mac = hmac.new(mac, step.encode(), hashlib.sha256).digest()
    expect(hmac.compare_digest(mac.hex(), signature), "the signature is wrong")
