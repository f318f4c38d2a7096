from __future__ import annotations

import contextlib
import ssl
from pathlib import Path

import pytest

from local_cloud.settings import LocalCloudSettings
from local_cloud.tls import ensure_certificate


@pytest.mark.parametrize("spoilt", ["certificate", "private_key", "ca_bundle"])
@pytest.mark.parametrize("left", ["half", "none"])
def test_what_a_killed_start_left_of_the_certificate_is_made_anew(
    tmp_path: Path, spoilt: str, left: str
) -> None:
    settings = LocalCloudSettings(state_dir=tmp_path)
    ensure_certificate(settings)
    file: Path = getattr(settings, spoilt)
    if left == "none":
        file.unlink()
    elif spoilt == "certificate":
        file.write_bytes(file.read_bytes()[:100])
    ensure_certificate(settings)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
        settings.certificate, settings.private_key
    )
    ssl.create_default_context(cafile=str(settings.ca_bundle))


def test_a_good_certificate_is_kept(tmp_path: Path) -> None:
    settings = LocalCloudSettings(state_dir=tmp_path)
    ensure_certificate(settings)
    made = settings.certificate.read_bytes()
    ensure_certificate(settings)
    assert settings.certificate.read_bytes() == made


def test_a_shell_that_trusts_one_local_cloud_can_start_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (LocalCloudSettings(state_dir=tmp_path / name) for name in ("one", "two"))
    ensure_certificate(first)
    # As `eval "$(python -m local_cloud env)"` sets it.
    monkeypatch.setenv("SSL_CERT_FILE", str(first.ca_bundle))
    ensure_certificate(second)

    shake_hands(second)


def shake_hands(settings: LocalCloudSettings) -> None:
    """TLS in memory between a server with the certificate and a client with the bundle; raises
    ssl.SSLError where the client does not trust it."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(settings.certificate, settings.private_key)
    trusting = ssl.create_default_context(cafile=str(settings.ca_bundle))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server, server_hostname="localhost")
    server = serving.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    assert client.version() == "TLSv1.3"
