"""A server that does its own TLS."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.helpers.server import PASSWORD, StartServer

pytestmark = pytest.mark.integration


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Files of a certificate for 127.0.0.1 that only its holders trust, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


async def test_people_register_over_https_with_a_cookie_bound_to_the_host(
    start_server: StartServer, certificate: tuple[Path, Path]
) -> None:
    serving = await start_server(tls_cert=certificate[0], tls_key=certificate[1])
    assert serving.url.startswith("https://127.0.0.1:")
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    async with httpx2.AsyncClient(
        base_url=serving.url, verify=trusting, headers={"origin": serving.url}, timeout=60
    ) as browser:
        body = {"username": "ada", "password": PASSWORD}
        made = await browser.post("/api/v1/auth/register", json=body)
        assert made.status_code == 201
        assert made.headers["set-cookie"].startswith("__Host-claudios=")
        assert (await browser.get("/api/v1/me")).json() == made.json()
        assert (
            f"wss://{serving.url.removeprefix('https://')}"
            in (await browser.get("/")).headers["content-security-policy"]
        )


@pytest.mark.fault("N10")
async def test_who_does_not_trust_the_certificate_is_not_let_down_to_plain_http(
    start_server: StartServer, certificate: tuple[Path, Path]
) -> None:
    serving = await start_server(tls_cert=certificate[0], tls_key=certificate[1])
    async with httpx2.AsyncClient(timeout=60) as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get(f"{serving.url}/healthz")
        with pytest.raises(httpx2.TransportError):
            await http.get(f"{serving.url.replace('https', 'http')}/healthz")
