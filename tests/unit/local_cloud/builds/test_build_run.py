"""How a build ends that does not end by itself."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local_cloud.builds import record
from local_cloud.builds.build_run import BuildRun
from local_cloud.builds.project import plan
from local_cloud.builds.service import BuildService
from local_cloud.json_api.errors import ValidationException
from local_cloud.settings import LocalCloudSettings
from tests.unit.local_cloud.sagemaker_doubles import ThreadTasks

SPEC = "version: 0.2\nphases:\n  build:\n    commands: [sleep 60]\n"


class LogsDouble:
    def __getattr__(self, _name: str) -> Any:
        return lambda **_arguments: {}


@dataclass
class CredentialsDouble:
    refuses: bool = False
    revoked: list[Mapping[str, str]] = field(default_factory=list)

    def revoke(self, environment: Mapping[str, str]) -> None:
        self.revoked.append(environment)

    def as_role(self, role_arn: str, *, session_name: str, principal: str = "") -> Any:
        if self.refuses:
            raise ValidationException(f"Could not assume role {role_arn}.")
        return self

    def client(self, _name: str) -> LogsDouble:
        return LogsDouble()

    def environment(
        self, role_arn: str, *, session_name: str, principal: str = ""
    ) -> dict[str, str]:
        return {}


@dataclass
class RecordsDouble:
    kept: list[dict[str, Any]] = field(default_factory=list)

    def project(self, name: str) -> None:
        return None

    def build(self, build_id: str) -> None:
        return None

    def keep(self, record: dict[str, Any]) -> None:
        self.kept.append(copy.deepcopy(record))

    def number(self, project: str) -> int:
        return 1


@dataclass
class Bench:
    folder: Path
    tasks: ThreadTasks = field(default_factory=ThreadTasks)
    credentials: CredentialsDouble = field(default_factory=CredentialsDouble)
    records: RecordsDouble = field(default_factory=RecordsDouble)

    def run(self, minutes: int) -> dict[str, Any]:
        """A build of this time limit; answers its record."""
        project = {
            "name": "p",
            "serviceRole": "arn:aws:iam::000000000000:role/r",
            "source": {"type": "NO_SOURCE", "buildspec": SPEC},
            "environment": {"environmentVariables": []},
        }
        service = BuildService(
            settings=LocalCloudSettings(state_dir=self.folder),
            credentials=self.credentials,
            tasks=self.tasks,
            records=self.records,
        )
        wanted = plan(project, {})
        object.__setattr__(wanted, "timeout_minutes", minutes)
        made = record.new(
            wanted, build_id="p:1", arn="arn", number=1, initiator="test", key_arn="key"
        )
        BuildRun(service, wanted, made).run()
        return self.records.kept[-1]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def phase(build: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in build["phases"] if one["phaseType"] == name)
    return found


def test_a_build_beyond_its_time_has_timed_out(bench: Bench) -> None:
    build = bench.run(minutes=0)
    assert build["buildStatus"] == "TIMED_OUT"
    assert build["buildComplete"]
    assert "timeout of 0 minutes" in (bench.folder / "builds" / "1" / "build.log").read_text()
    assert len(bench.credentials.revoked) == 1


def test_a_build_of_a_local_cloud_that_stops_has_failed_and_says_so(bench: Bench) -> None:
    bench.tasks._stop.set()
    build = bench.run(minutes=5)
    assert build["buildStatus"] == "FAILED"
    reasons = [one["contexts"][0]["message"] for one in build["phases"] if "contexts" in one]
    assert reasons == ["The local cloud was stopped while the build ran"]


def test_a_role_that_codebuild_may_not_assume_fails_the_build(bench: Bench) -> None:
    bench.credentials.refuses = True
    build = bench.run(minutes=5)
    assert build["buildStatus"] == "FAILED"
    context = phase(build, "PROVISIONING")["contexts"][0]
    assert context["statusCode"] == "ACCESS_DENIED"
    assert "sts:AssumeRole" in context["message"]


def test_a_builds_folder_keeps_its_log_alone(bench: Bench) -> None:
    bench.run(minutes=0)
    assert [one.name for one in (bench.folder / "builds" / "1").iterdir()] == ["build.log"]
