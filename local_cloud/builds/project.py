"""What one build runs: its project with the overrides of StartBuild."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OVERRIDES = {
    "projectName", "sourceVersion", "buildspecOverride", "environmentVariablesOverride",
    "sourceLocationOverride", "sourceTypeOverride", "timeoutInMinutesOverride",
    "serviceRoleOverride", "imageOverride", "computeTypeOverride", "environmentTypeOverride",
    "privilegedModeOverride", "idempotencyToken", "artifactsOverride", "logsConfigOverride",
    "queuedTimeoutInMinutesOverride", "cacheOverride",
}  # fmt: skip
SOURCES = ("S3", "NO_SOURCE")


class InvalidInputError(Exception):
    """CodeBuild's InvalidInputException."""


@dataclass(frozen=True, kw_only=True)
class BuildPlan:
    """``source_location`` is ``bucket/key``; empty where the project has no source."""

    project: str
    source: Mapping[str, Any]
    source_location: str
    source_version: str
    buildspec: str
    environment: Mapping[str, Any]
    variables: Mapping[str, str]
    role_arn: str
    timeout_minutes: int

    @property
    def privileged(self) -> bool:
        return bool(self.environment.get("privilegedMode"))


def plan(project: Mapping[str, Any], request: Mapping[str, Any]) -> BuildPlan:
    """Raises InvalidInputError for what the local cloud's builds do not have."""
    unknown = sorted(request.keys() - OVERRIDES)
    if unknown:
        raise InvalidInputError(
            f"The local cloud's StartBuild does not have {', '.join(unknown)}. "
            f"It has: {', '.join(sorted(OVERRIDES))}."
        )
    source = dict(project.get("source", {}))
    source["type"] = request.get("sourceTypeOverride", source.get("type", "NO_SOURCE"))
    location = request.get("sourceLocationOverride", source.get("location", ""))
    if source["type"] not in SOURCES:
        raise InvalidInputError(
            f"The local cloud builds from the sources {' and '.join(SOURCES)}, not from "
            f"{source['type']}."
        )
    environment = {**project.get("environment", {}), **_environment(request)}
    return BuildPlan(
        project=project["name"],
        source={**source, "location": location} if location else source,
        source_location=_location(location) if source["type"] == "S3" else "",
        source_version=request.get("sourceVersion") or project.get("sourceVersion") or "",
        buildspec=request.get("buildspecOverride") or source.get("buildspec") or "",
        environment=environment,
        variables=_variables(environment),
        role_arn=request.get("serviceRoleOverride") or project["serviceRole"],
        timeout_minutes=int(
            request.get("timeoutInMinutesOverride") or project.get("timeoutInMinutes") or 60
        ),
    )


def _location(location: str) -> str:
    # The console and the API take an ARN as well.
    place = location.removeprefix("arn:aws:s3:::")
    if "/" not in place:
        raise InvalidInputError(f"Project source location {location!r} is not bucket/key.")
    return place


def _environment(request: Mapping[str, Any]) -> dict[str, Any]:
    members = {
        "imageOverride": "image",
        "computeTypeOverride": "computeType",
        "environmentTypeOverride": "type",
        "privilegedModeOverride": "privilegedMode",
    }
    given = {members[name]: request[name] for name in members if name in request}
    if "environmentVariablesOverride" in request:
        given["_overrides"] = request["environmentVariablesOverride"]
    return given


def _variables(environment: dict[str, Any]) -> dict[str, str]:
    """By name; an override takes a variable's place, a new one is added."""
    merged = {one["name"]: one for one in environment.get("environmentVariables") or []}
    merged |= {one["name"]: one for one in environment.pop("_overrides", [])}
    environment["environmentVariables"] = list(merged.values())
    stored = [
        f"{name} ({one['type']})"
        for name, one in merged.items()
        if one.get("type", "PLAINTEXT") != "PLAINTEXT"
    ]
    if stored:
        raise InvalidInputError(
            f"The local cloud's builds take environment variables of type PLAINTEXT only, not "
            f"{', '.join(stored)}."
        )
    return {name: str(one.get("value", "")) for name, one in merged.items()}
