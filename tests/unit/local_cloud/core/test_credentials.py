from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader

from local_cloud import ministack_bridge
from local_cloud.sagemaker import credentials
from local_cloud.sagemaker.errors import ValidationException
from local_cloud.settings import LocalCloudSettings

ROLE = "arn:aws:iam::000000000000:role/jobs"
LONGEST_JOB_SECONDS = 28 * 24 * 3600


class Sts:
    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def assume_role(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        return {"Credentials": {name: f"{name}-{len(self.asked)}" for name in names}}


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Sts:
    made = Sts()
    monkeypatch.setattr(ministack_bridge, "trusts", lambda arn, _principal: arn == ROLE)
    monkeypatch.setattr(credentials.LocalSession, "client", lambda *_names, **_options: made)
    return made


def test_a_jobs_credentials_last_as_long_as_the_longest_job(tmp_path: Path, sts: Sts) -> None:
    given = credentials.LocalCredentials(LocalCloudSettings(state_dir=tmp_path))
    first = given.environment(ROLE, session_name="job")
    assert sts.asked[0]["DurationSeconds"] >= LONGEST_JOB_SECONDS
    assert given.environment(ROLE, session_name="job") == first
    assert given.environment(ROLE, session_name="other job") != first


def test_a_role_that_sagemaker_may_not_assume_gives_none(tmp_path: Path, sts: Sts) -> None:
    given = credentials.LocalCredentials(LocalCloudSettings(state_dir=tmp_path))
    with pytest.raises(ValidationException, match="Could not assume role"):
        given.as_role(f"{ROLE}-of-lambda", session_name="job")
    assert sts.asked == []


def test_what_one_session_read_of_aws_no_other_reads_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = LocalCloudSettings(state_dir=tmp_path)
    ca_bundle = tmp_path / "none.pem"
    ca_bundle.touch()

    def client() -> Any:
        session = credentials.LocalSession(settings, "key", "secret", None)
        return session.client("sagemaker-runtime", verify=str(ca_bundle))

    client()
    monkeypatch.setattr(JSONFileLoader, "load_file", lambda _self, path: pytest.fail(path))
    assert client().meta.service_model.service_name == "sagemaker-runtime"
