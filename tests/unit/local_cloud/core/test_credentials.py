from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader

from local_cloud import ministack_bridge
from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker import container_credentials, credentials
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


def test_what_the_local_cloud_does_for_a_job_is_done_in_one_session(
    tmp_path: Path, sts: Sts
) -> None:
    given = credentials.LocalCredentials(LocalCloudSettings(state_dir=tmp_path))
    given.as_role(ROLE, session_name="job")
    given.as_role(ROLE, session_name="job")
    (asked,) = sts.asked
    assert asked["DurationSeconds"] >= LONGEST_JOB_SECONDS
    given.as_role(ROLE, session_name="other job")
    assert [one["RoleSessionName"] for one in sts.asked] == ["job", "other job"]


def test_a_service_that_a_role_does_not_trust_gets_no_keys_that_another_service_got(
    tmp_path: Path, sts: Sts, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = "states.amazonaws.com"
    monkeypatch.setattr(ministack_bridge, "trusts", lambda _arn, principal: principal == states)
    given = credentials.LocalCredentials(LocalCloudSettings(state_dir=tmp_path))
    assert given.access_key_of_state_machine(ROLE) == "AccessKeyId-1"
    with pytest.raises(ValidationException):
        given.as_role(ROLE, session_name="state-machine")


def test_each_session_signs_with_its_own_keys(tmp_path: Path) -> None:
    settings = LocalCloudSettings(state_dir=tmp_path)
    clients = {
        key: credentials.LocalSession(settings, key, "secret", "token").client("s3", verify=False)
        for key in ("one-key", "other-key")
    }
    for key, client in clients.items():
        signed = client.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
        assert signed.startswith(settings.endpoint_url)
        assert key in signed


def test_a_container_gets_no_keys_but_where_to_ask_for_them(tmp_path: Path, sts: Sts) -> None:
    given = credentials.LocalCredentials(LocalCloudSettings(state_dir=tmp_path))
    environment = given.environment(ROLE, session_name="j")
    assert not [value for value in environment.values() if value.startswith("SecretAccessKey")]
    assert sts.asked == []
    document = ask(environment)
    assert sts.asked[0]["RoleSessionName"] == "j-"
    assert document["RoleArn"] == ROLE
    assert document["SecretAccessKey"] == "SecretAccessKey-1"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask({**environment, container_credentials.TOKEN: "guessed"})
    given.revoke(environment)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask(environment)


def ask(environment: Mapping[str, str]) -> dict[str, str]:
    request = urllib.request.Request(
        environment[container_credentials.URI],
        headers={"Authorization": environment[container_credentials.TOKEN]},
    )
    with urllib.request.urlopen(request) as response:
        document: dict[str, str] = json.load(response)
    return document


def test_a_containers_credentials_are_renewed_before_they_end() -> None:
    now = 1_000_000_000.0
    asked: list[int] = []

    def assume(seconds: int) -> dict[str, str]:
        asked.append(seconds)
        return {
            name: f"{name}-{len(asked)}"
            for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
        }

    containers = container_credentials.ContainerCredentials(clock=lambda: now)
    token = containers.grant(ROLE, assume)[container_credentials.TOKEN]
    path = container_credentials.PATH
    _, first = containers.answer(path, token)
    assert first["Expiration"] == "2001-09-09T02:46:40Z"
    now += 60 * 29
    assert containers.answer(path, token) == (200, first)
    now += 60 * 2
    status, renewed = containers.answer(path, token)
    assert (status, renewed["Token"]) == (200, "SessionToken-2")
    assert renewed["Expiration"] == "2001-09-09T03:17:40Z"


def test_a_container_whose_role_is_gone_is_told_so() -> None:
    now = 0.0
    answers = [{"AccessKeyId": "a", "SecretAccessKey": "s", "SessionToken": "t"}]
    containers = container_credentials.ContainerCredentials(clock=lambda: now)
    token = containers.grant(ROLE, lambda _seconds: answers.pop())[container_credentials.TOKEN]
    assert containers.answer(container_credentials.PATH, token)[0] == 200
    now += 3600
    status, document = containers.answer(container_credentials.PATH, token)
    assert (status, document["code"]) == (500, "InternalServerError")


def test_a_role_that_sagemaker_may_not_assume_gives_none(tmp_path: Path, sts: Sts) -> None:
    given = credentials.LocalCredentials(LocalCloudSettings(state_dir=tmp_path))
    for use in (given.as_role, given.environment):
        with pytest.raises(ValidationException, match="Could not assume role"):
            use(f"{ROLE}-of-lambda", session_name="job")
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
