"""Certificates and tokens of endpoints, made for one test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = "4f2b7c0d9e8a4f2b7c0d9e8a"


def lay_guard(folder: Path, *, token: str = TOKEN, name: str = "127.0.0.1") -> str:
    """The policy's lines that use them: `server.pem`, `server.key` and `token` in the folder, for this name."""
    lay_certificate(folder, name=name)
    private(folder / "token", token.encode() + b"\n")
    return 'tls = { certificate = "server.pem", key = "server.key" }\ntoken_file = "token"'


def lay_certificate(
    folder: Path,
    *,
    name: str = "127.0.0.1",
    begins: datetime | None = None,
    ends: datetime | None = None,
    password: bytes | None = None,
) -> x509.Certificate:
    """Self-signed; from `begins`, else a day ago, to `ends`, else for a year."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC).replace(microsecond=0)
    ends = ends or now + timedelta(days=365)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(begins or min(now, ends) - timedelta(days=1))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    private(folder / "server.key", key.private_bytes(serialization.Encoding.PEM, form, locked))
    return made


def private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_bytes(content)
