"""What deployments made and left, listed from AWS's side and compared with what should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from demo.cloud import Cloud

_VERSION = re.compile(r"-v(\d+)-[0-9a-f]{8}$")
SAGEMAKER = "sagemaker"


def version_of(name: str) -> str:
    """The package version in a name `<group>-v<version>-<hash>`; the name itself where it is none
    of a deployment."""
    found = _VERSION.search(name)
    return found[1] if found else name


@dataclass(frozen=True)
class Leftovers:
    """Names by kind: endpoints, configurations, models, scalable targets, parameters and so on,
    as far as they begin with a prefix."""

    found: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, cloud: Cloud, prefix: str) -> Leftovers:
        """Everything that an environment or one of its workloads has and that may cost money, and
        what points at it."""
        found = {
            kind: tuple(sorted(name for name in listed(cloud) if prefix.lower() in name.lower()))
            for kind, listed in _KINDS.items()
        }
        return cls(found)

    def versions(self, kind: str) -> list[str]:
        """Package versions of the kind's names, the lowest first."""
        return sorted(
            (version_of(name) for name in self.found[kind]), key=lambda one: (len(one), one)
        )

    def of_deployments(self) -> dict[str, list[str]]:
        """What the state machine makes, and CloudFormation does not know: versions of models and
        configurations, names of endpoints and scalable targets."""
        return {
            "models": self.versions("models"),
            "configurations": self.versions("configurations"),
            "endpoints": list(self.found["endpoints"]),
            "scalable targets": list(self.found["scalable targets"]),
        }

    def __str__(self) -> str:
        there = [f"{kind}: {', '.join(names)}" for kind, names in self.found.items() if names]
        return "; ".join(there) or "nothing"


def _pages(
    cloud: Cloud, service: str, operation: str, path: str, **request: Any
) -> Iterable[dict[str, Any]]:
    pages = cloud.client(service).get_paginator(operation).paginate(**request)
    return (item for page in pages for item in page[path])


def _lister(
    service: str, operation: str, path: str, name: str, **request: Any
) -> Callable[[Cloud], list[str]]:
    def listed(cloud: Cloud) -> list[str]:
        return [str(item[name]) for item in _pages(cloud, service, operation, path, **request)]

    return listed


def _scalable_targets(cloud: Cloud) -> list[str]:
    listed = _lister(
        "application-autoscaling",
        "describe_scalable_targets",
        "ScalableTargets",
        "ResourceId",
        ServiceNamespace=SAGEMAKER,
    )
    return listed(cloud)


_KINDS: Mapping[str, Callable[[Cloud], list[str]]] = {
    "endpoints": _lister(SAGEMAKER, "list_endpoints", "Endpoints", "EndpointName"),
    "configurations": _lister(
        SAGEMAKER, "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"
    ),
    "models": _lister(SAGEMAKER, "list_models", "Models", "ModelName"),
    "pipelines": _lister(SAGEMAKER, "list_pipelines", "PipelineSummaries", "PipelineName"),
    "scalable targets": _scalable_targets,
    "parameters": _lister("ssm", "describe_parameters", "Parameters", "Name"),
    "alarms": _lister("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "functions": _lister("lambda", "list_functions", "Functions", "FunctionName"),
    "state machines": _lister("stepfunctions", "list_state_machines", "stateMachines", "name"),
    "rules": _lister("events", "list_rules", "Rules", "Name"),
    "schedules": _lister("scheduler", "list_schedules", "Schedules", "Name"),
    "queues": lambda cloud: cloud.client("sqs").list_queues().get("QueueUrls", []),
    "topics": _lister("sns", "list_topics", "Topics", "TopicArn"),
    "buckets": _lister("s3", "list_buckets", "Buckets", "Name"),
    "keys": _lister("kms", "list_aliases", "Aliases", "AliasName"),
    "tables": lambda cloud: cloud.client("dynamodb").list_tables()["TableNames"],
    "log groups": _lister("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "stacks": _lister("cloudformation", "describe_stacks", "Stacks", "StackName"),
}
