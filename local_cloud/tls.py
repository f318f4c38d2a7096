"""A self-signed certificate for localhost, and a bundle that trusts it.

TLS is needed because policies that deny plain HTTP are enforced here as on AWS.
"""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local_cloud.settings import LocalCloudSettings

VALID_DAYS = 397
RENEW_BEFORE_DAYS = 7


def ensure_certificate(settings: LocalCloudSettings) -> None:
    """Make the certificate, its key and the bundle, unless good ones are there."""
    others = (settings.private_key, settings.ca_bundle)
    if _is_good(settings.certificate) and all(file.is_file() for file in others):
        return
    settings.certificate.parent.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _self_signed(key).public_bytes(serialization.Encoding.PEM)
    settings.private_key.touch(mode=0o600)
    settings.private_key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    settings.ca_bundle.write_bytes(_system_authorities() + b"\n" + certificate)
    settings.certificate.write_bytes(certificate)


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    serial = x509.random_serial_number()
    # Of its own for each certificate: among several of one name OpenSSL takes the first, and a
    # user's bundle may hold those of other local clouds (`env` names it in SSL_CERT_FILE).
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "localhost"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, f"{serial:x}"),
        ]
    )
    now = datetime.datetime.now(datetime.UTC)
    # S3's virtual-hosted addresses put the bucket in front of the host.
    hosts = ["localhost", "*.localhost", "*.s3.localhost"]
    addresses = [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")]
    alternatives: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    alternatives += [x509.IPAddress(address) for address in addresses]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _is_good(certificate: Path) -> bool:
    try:
        expires = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (FileNotFoundError, ValueError):
        # ValueError: a start that was killed left half of it.
        return False
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=RENEW_BEFORE_DAYS)
    return expires > soon


def _system_authorities() -> bytes:
    """PEM of the system's authorities; certifi's where the system names none."""
    file = ssl.get_default_verify_paths().cafile
    if file and Path(file).is_file():
        return Path(file).read_bytes()
    import certifi

    return Path(certifi.where()).read_bytes()
