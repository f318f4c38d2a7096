from __future__ import annotations

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
