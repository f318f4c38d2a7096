"""What a build does and says, through CodeBuild's API."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.builds.conftest import BUILDSPEC, LOGIN, BuildPlace, await_

FILES = {"Dockerfile": "FROM python:3.12-slim\nCOPY word.txt /opt/word.txt\n", "word.txt": "rook"}


def spec(*commands: str, **phases: list[str]) -> dict[str, Any]:
    named = {name: {"commands": lines} for name, lines in phases.items()}
    return {"version": "0.2", "phases": {**named, "build": {"commands": list(commands)}}}


def phase(build: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in build["phases"] if one["phaseType"] == name)
    return found


def test_a_failed_command_fails_the_build_and_is_named(place: BuildPlace) -> None:
    build = place.build(
        "failing", FILES, buildspec=spec("echo before; no-such-program --now", post_build=["true"])
    )
    assert build["buildStatus"] == "FAILED"
    failed = phase(build, "BUILD")
    assert failed["phaseStatus"] == "FAILED"
    message = failed["contexts"][0]["message"]
    assert "no-such-program --now. Reason: exit status 127" in message
    assert phase(build, "POST_BUILD")["phaseStatus"] == "SUCCEEDED"
    assert "no-such-program: command not found" in place.log(build)


def test_after_a_failed_install_no_other_phase_runs(place: BuildPlace) -> None:
    build = place.build("no-install", FILES, buildspec=spec("echo never", install=["false"]))
    assert build["buildStatus"] == "FAILED"
    assert "BUILD" not in [one["phaseType"] for one in build["phases"]]
    assert "never" not in place.log(build)


def test_commands_share_one_shell_and_have_codebuilds_variables(place: BuildPlace) -> None:
    commands = [
        "mkdir made && cd made && COLOUR=green",
        'echo "$COLOUR $(basename $PWD) $AWS_REGION $CODEBUILD_BUILD_NUMBER ${AWS_ACCOUNT_ID:-no}"',
        'echo "asked for by ${CODEBUILD_BUILD_ID%%:*} in phase $CODEBUILD_BUILD_SUCCEEDING"',
    ]
    build = place.build("sharing", FILES, buildspec=spec(*commands))
    assert build["buildStatus"] == "SUCCEEDED"
    log = place.log(build)
    assert "green made us-east-1 1 no" in log
    assert "asked for by sharing in phase 1" in log


def test_the_log_is_in_cloudwatch_logs(place: BuildPlace) -> None:
    build = place.build("logging", FILES, buildspec=spec("echo hello there"))
    where = build["logs"]
    assert where["groupName"] == "/aws/codebuild/logging"
    events = place.client("logs").get_log_events(
        logGroupName=where["groupName"], logStreamName=where["streamName"]
    )["events"]
    assert "hello there" in [one["message"] for one in events]


def test_a_build_can_be_stopped(place: BuildPlace) -> None:
    place.project("stopping", FILES, buildspec=spec("echo sleeping; sleep 60"))
    codebuild = place.client("codebuild")
    build_id = codebuild.start_build(projectName="stopping")["build"]["id"]

    def in_build() -> bool:
        build = codebuild.batch_get_builds(ids=[build_id])["builds"][0]
        assert build["buildStatus"] == "IN_PROGRESS", build
        return bool(build["currentPhase"] == "BUILD")

    await_(in_build)
    codebuild.stop_build(id=build_id)
    assert place.ended(build_id)["buildStatus"] == "STOPPED"


def test_a_source_that_the_role_may_not_read_fails_the_build(place: BuildPlace) -> None:
    place.client("s3").create_bucket(Bucket="not-the-builds")
    build = place.build("foreign", FILES, sourceLocationOverride="not-the-builds/source.zip")
    assert build["buildStatus"] == "FAILED"
    message = phase(build, "DOWNLOAD_SOURCE")["contexts"][0]["message"]
    assert "s3://not-the-builds/source.zip" in message


def test_a_buildspec_of_the_source_is_found_and_its_faults_are_told_together(
    place: BuildPlace,
) -> None:
    text = "version: 0.1\nphases:\n  biuld:\n    commands: [true]\nreports: {}\n"
    build = place.build("faulty", {**FILES, "buildspec.yml": text}, buildspec=None)
    assert build["buildStatus"] == "FAILED"
    message = phase(build, "DOWNLOAD_SOURCE")["contexts"][0]["message"]
    for part in ("version: 0.1 is not 0.2", "phases.biuld", "reports"):
        assert part in message


def test_a_push_that_the_role_may_not_make_fails_the_build(place: BuildPlace) -> None:
    place.repository("forbidden")
    build = place.build("forbidden", FILES)
    assert build["buildStatus"] == "FAILED"
    assert "ecr:BatchCheckLayerAvailability" in place.log(build)
    images = place.client("ecr").describe_images(repositoryName="forbidden")
    assert images["imageDetails"] == []


def test_a_push_without_a_repository_fails_the_build(place: BuildPlace) -> None:
    build = place.build("unknown-repository", FILES, repository="allowed-nowhere")
    assert build["buildStatus"] == "FAILED"
    assert "name unknown: The repository with name 'allowed-nowhere'" in place.log(build)


def test_a_push_needs_a_login(place: BuildPlace) -> None:
    place.repository("allowed-login")
    commands = ["docker build -t $REPOSITORY:one .", "docker push $REPOSITORY:one"]
    build = place.build("allowed-login", FILES, buildspec=spec(*commands))
    assert build["buildStatus"] == "FAILED"
    assert "no basic auth credentials" in place.log(build)


def test_docker_needs_a_privileged_project(place: BuildPlace) -> None:
    build = place.build("unprivileged", FILES, privileged=False)
    assert build["buildStatus"] == "FAILED"
    assert "Cannot connect to the Docker daemon" in place.log(build)


def test_an_immutable_tag_is_pushed_once_and_the_same_content_has_the_same_digest(
    place: BuildPlace,
) -> None:
    place.repository("allowed-immutable", imageTagMutability="IMMUTABLE")
    assert place.build("allowed-immutable", FILES)["buildStatus"] == "SUCCEEDED"
    codebuild = place.client("codebuild")
    ecr = place.client("ecr")

    def again(tag: str) -> dict[str, Any]:
        given = {
            "REGISTRY": place.registry,
            "REPOSITORY": f"{place.registry}/allowed-immutable",
            "TAG": tag,
        }
        started = codebuild.start_build(
            projectName="allowed-immutable",
            environmentVariablesOverride=[
                {"name": name, "value": value} for name, value in given.items()
            ],
        )
        return place.ended(started["build"]["id"])

    second = again("one")
    assert second["buildStatus"] == "FAILED"
    assert "cannot be overwritten because the repository is immutable" in place.log(second)
    assert second["buildNumber"] == 2
    assert again("two")["buildStatus"] == "SUCCEEDED"
    images = ecr.describe_images(repositoryName="allowed-immutable")["imageDetails"]
    assert [sorted(image["imageTags"]) for image in images] == [["one", "two"]]


def test_an_image_that_is_not_there_is_not_described(place: BuildPlace) -> None:
    place.repository("allowed-empty")
    with pytest.raises(ClientError) as refused:
        place.client("ecr").describe_images(
            repositoryName="allowed-empty", imageIds=[{"imageTag": "one"}]
        )
    assert refused.value.response["Error"]["Code"] == "ImageNotFoundException"


def test_who_may_see_a_projects_builds_sees_no_others(place: BuildPlace) -> None:
    place.project("seen", FILES, buildspec=spec("true"))
    place.project("unseen", FILES, buildspec=spec("true"))
    statement = {
        "Effect": "Allow",
        "Action": ["codebuild:StartBuild", "codebuild:BatchGetBuilds"],
        "Resource": "arn:aws:codebuild:*:*:project/seen",
    }
    role = place.cloud.role("watcher", [statement], trusts=[])
    codebuild = place.cloud.client_as(role, "codebuild")
    seen = codebuild.start_build(projectName="seen")["build"]["id"]
    assert codebuild.batch_get_builds(ids=[seen])["builds"]
    unseen = place.client("codebuild").start_build(projectName="unseen")["build"]["id"]
    for ids in ([unseen], [seen, unseen]):
        with pytest.raises(ClientError, match="not authorized"):
            codebuild.batch_get_builds(ids=ids)


def test_what_a_build_here_does_not_have_is_refused_at_its_start(place: BuildPlace) -> None:
    place.project("refusing", FILES, buildspec=BUILDSPEC)
    codebuild = place.client("codebuild")
    secret = {"name": "KEY", "value": "key", "type": "SECRETS_MANAGER"}
    with pytest.raises(ClientError, match=r"PLAINTEXT only, not KEY \(SECRETS_MANAGER\)"):
        codebuild.start_build(projectName="refusing", environmentVariablesOverride=[secret])
    with pytest.raises(ClientError, match="not from GITHUB"):
        codebuild.start_build(projectName="refusing", sourceTypeOverride="GITHUB")
    with pytest.raises(ClientError, match="Project cannot be found"):
        codebuild.start_build(projectName="no-such-project")


def test_other_docker_commands_and_other_aws_commands_say_that_they_are_not_there(
    place: BuildPlace,
) -> None:
    commands = ["docker run image || true", "aws s3 ls || true", f"{LOGIN} $REGISTRY", "false"]
    build = place.build("others", FILES, buildspec=spec(*commands))
    log = place.log(build)
    assert "has no command 'run'. It has: build, tag, push" in log
    assert "has `aws ecr get-login-password` only" in log
    assert "Login Succeeded" in log
