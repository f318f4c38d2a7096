"""What a container was granted ends with it, whatever its request or its siblings do."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.container_credentials import TOKEN
from local_cloud.sagemaker.runner import hosts
from local_cloud.sagemaker.runner.container_job import ContainerJob
from local_cloud.sagemaker.runner.images import Image
from local_cloud.sagemaker.runner.workspace import Workspace
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.transform.instance import TransformInstance

ROLE = "arn:aws:iam::000000000000:role/job"


class Grants:
    """Credentials that grant a token each time, but for the one that is refused."""

    def __init__(self, *, refused: int = 0) -> None:
        self.valid: set[str] = set()
        self._refused = refused
        self._numbers = itertools.count(1)

    def environment(self, role_arn: str, *, session_name: str) -> dict[str, str]:
        number = next(self._numbers)
        if number == self._refused:
            raise ValidationException("the role is gone")
        self.valid.add(f"token {number}")
        return {TOKEN: f"token {number}"}

    def revoke(self, environment: Mapping[str, str]) -> None:
        self.valid.discard(environment.get(TOKEN, ""))


def with_grants(service: SageMakerService, grants: Grants) -> SageMakerService:
    credentials: Any = grants
    return dataclasses.replace(service, credentials=credentials)


def test_a_job_whose_request_sets_the_variable_of_its_token_keeps_no_credentials(
    service: SageMakerService, tmp_path: Path
) -> None:
    grants = Grants()
    (host,) = hosts.of_job(Workspace(tmp_path / "job"), 1)
    host.workspace.create()
    job = ContainerJob(
        service=with_grants(service, grants),
        host=host,
        names=None,
        image=Image(uri="own", python=Path(sys.executable)),
        argv=["true"],
        environment={TOKEN: "a word of the request"},
        role_arn=ROLE,
        name="job",
        max_seconds=60,
    )
    outcome = job.run(MagicMock(), on_line=lambda _line: None, stop_wanted=lambda: False)
    assert outcome.exit_code == 0
    assert grants.valid == set()


def test_a_transform_jobs_first_container_keeps_no_credentials_where_the_second_gets_none(
    service: SageMakerService, tmp_path: Path
) -> None:
    grants = Grants(refused=2)
    container = {"image": "own", "environment": {}}
    model = {
        "containers": {"first": container, "second": container},
        "isolated": False,
        "role": ROLE,
    }
    run: Any = SimpleNamespace(
        service=with_grants(service, grants), request={"_model": model}, name="job"
    )
    instance = TransformInstance(run, Workspace(tmp_path / "job"), MagicMock(), lambda: False)
    with pytest.raises(ValidationException, match="the role is gone"):
        instance.transform([])
    assert grants.valid == set()
