"""The functions of deployment as Step Functions and CloudFormation call them.

| function | environment variables |
|---|---|
| plan | ENVIRONMENT, WORKLOAD, ENDPOINT_NAME, MODEL_PACKAGE_GROUP, MODEL_ROLE_ARN, SERVING, KMS_KEY_ARN, ARTIFACT_BUCKET, OUTPUT_KEY_ARN, SUCCESS_TOPIC_ARN, ERROR_TOPIC_ARN, CHAMPION_PARAMETER, OUTCOME_BUCKET, ALARMS, BAKE_SECONDS, TIMEOUT_SECONDS |
| preflight | ENDPOINT_NAME, ACCOUNT, SERVING, ENDPOINTS, ALARMS |
| smoke_test | ENDPOINT_NAME, MODE, MAX_FAILURES |
| compare | ENDPOINT_NAME, WORKLOAD, ARTIFACT_BUCKET, SERVING |
| roll_back | ENDPOINT_NAME |
| clean_up | ENDPOINT_NAME, MODEL_PACKAGE_GROUP |
| scale | ENDPOINT_NAME, SERVING |
| ask_for_approval | ENVIRONMENT, ARTIFACT_BUCKET, ALERT_TOPIC_ARN, TIMEOUT_HOURS |
| tear_down | none |
"""  # noqa: E501 - a row of a table is one line

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from contracts import names
from contracts.serving import ASYNC
from contracts.traffic_split import ACTION
from lambdas.deployment import clean_up as cleaning
from lambdas.deployment import roll_back as rolling_back
from lambdas.deployment.answers_when_tested import AnswersWhenTested
from lambdas.deployment.approval_request import ApprovalRequest
from lambdas.deployment.ask import Asker, Asks
from lambdas.deployment.ask_async import AsyncAsker
from lambdas.deployment.captured_files import CapturedFiles
from lambdas.deployment.compare import Comparison, began
from lambdas.deployment.planners import planner_for
from lambdas.deployment.preflight import Preflight
from lambdas.deployment.preflight_capacity import Capacity
from lambdas.deployment.preflight_package import PackageCheck
from lambdas.deployment.probe import PROBE_SECONDS, Probe
from lambdas.deployment.samples import SampleStore
from lambdas.deployment.scaling import Scaling
from lambdas.deployment.served_metrics import ServedMetrics
from lambdas.deployment.settings import (
    ApprovalSettings,
    CleanUpSettings,
    CompareSettings,
    PlanSettings,
    PreflightSettings,
    RollBackSettings,
    ScaleSettings,
    SmokeTestSettings,
)
from lambdas.deployment.smoke_test import SmokeTest
from lambdas.deployment.tear_down import TearDown
from lambdas.shared import custom_resource
from lambdas.shared.champion import read_record
from lambdas.shared.clients import client

Event = Mapping[str, Any]

logging.getLogger().setLevel(logging.INFO)


def plan(event: Event, context: Any) -> dict[str, Any]:
    """SageMaker's event of an approval, or an operator's request -> what to ask of SageMaker, and
    what serves now; its members are in `plan_document`."""
    settings = PlanSettings.read(os.environ)
    record = read_record(client("ssm"), settings.champion_parameter)
    planner = planner_for(
        event.get(ACTION),
        settings=settings,
        sagemaker=client("sagemaker"),
        s3=client("s3"),
        record=record,
    )
    answer = planner.plan(event)
    logging.info("%s", answer["summary"])
    return answer


def preflight(event: Event, context: Any) -> dict[str, Any]:
    """`{"plan"}` -> `{"plan"}`: the members of the plan that are other than they were."""
    settings, sagemaker = PreflightSettings.read(os.environ), client("sagemaker")
    return Preflight(
        package=PackageCheck(
            sagemaker=sagemaker, ecr=client("ecr"), s3=client("s3"), account=settings.account
        ),
        capacity=Capacity(
            sagemaker=sagemaker,
            quotas=client("service-quotas"),
            ec2=client("ec2"),
            serving=settings.serving,
            endpoint_name=settings.endpoint_name,
            endpoints=settings.endpoints,
        ),
        cloudwatch=client("cloudwatch"),
        alarms=settings.alarms,
    ).run(event["plan"])


def smoke_test(event: Event, context: Any) -> dict[str, Any]:
    """Ask the endpoint about the samples; `mode` says when.

    | mode | input | answer |
    |---|---|---|
    | none | `{"plan"}` | `{"passed", "detail"}`: whether what serves may stay |
    | before | `{"plan"}` | `{"before", "wrong", "detail"}`: what it answers before an update |
    | probe | `{"plan", "seen"}` | the same, with what was seen so far; publishes the metric |
    """
    settings, asked = SmokeTestSettings.read(os.environ), event["plan"]
    samples = SampleStore(s3=client("s3"), uri=asked["samples"])
    tested = AnswersWhenTested.read(client("s3"), asked["evaluation_report"])
    mode = event.get("mode", "")
    if mode:
        probe = Probe(
            # The endpoint is looked at between two probes: none waits for a slow answer for long.
            asker=_asker(settings, attempts=1, answer_seconds=PROBE_SECONDS / 2),
            max_failures=settings.max_failures,
            samples=samples,
            tested=tested,
            cloudwatch=client("cloudwatch"),
            seconds=time.monotonic,
        )
        seen = probe.before() if mode == "before" else probe.during(event.get("seen", {}))
        logging.info("%s", seen["detail"])
        return seen
    answer = SmokeTest(
        # A sample that is not answered twice is a finding, not a fault to be patient with.
        # An endpoint may take 60 seconds to answer.
        asker=_asker(settings, attempts=2, answer_seconds=60, variant=asked["target_variant"]),
        max_failures=settings.max_failures,
        samples=samples,
        tested=tested,
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
    ).run()
    logging.info("%s", answer["detail"])
    return answer


def _asker(
    settings: SmokeTestSettings, *, attempts: int, answer_seconds: float, variant: str = ""
) -> Asks:
    runtime = client("sagemaker-runtime", attempts=attempts, answer_seconds=answer_seconds)
    if settings.mode == ASYNC:
        return AsyncAsker(
            endpoint_name=settings.endpoint_name,
            runtime=runtime,
            s3=client("s3"),
            seconds=answer_seconds,
        )
    return Asker(endpoint_name=settings.endpoint_name, runtime=runtime, variant=variant)


def compare(event: Event, context: Any) -> dict[str, Any]:
    """`{"plan", "since"}` -> `{"passed", "detail"}`: whether a shadow may go live."""
    settings = CompareSettings.read(os.environ)
    endpoint, s3 = settings.endpoint_name, client("s3")
    answer = Comparison(
        files=CapturedFiles(
            s3=s3,
            bucket=settings.artifact_bucket,
            prefix=names.captured_prefix(settings.workload),
            endpoint_name=endpoint,
        ),
        metrics=ServedMetrics(cloudwatch=client("cloudwatch"), endpoint_name=endpoint),
        samples=SampleStore(s3=s3, uri=event["plan"]["samples"]),
        serving=settings.serving,
    ).run(since=began(event), until=datetime.now(UTC))
    logging.info("%s", answer["detail"])
    return answer


def roll_back(event: Event, context: Any) -> dict[str, Any]:
    """`{"plan", "reason"}` -> `{"done", "detail"}`; `plan` is empty where planning failed."""
    settings = RollBackSettings.read(os.environ)
    move = rolling_back.roll_back(
        event["plan"], sagemaker=client("sagemaker"), endpoint_name=settings.endpoint_name
    )
    logging.info("%s (since %s)", move.detail, event.get("reason", "no reason was given"))
    return {"done": move.done, "detail": move.detail}


def clean_up(event: Event, context: Any) -> dict[str, Any]:
    """`{"plan"}` -> `{"removed", "rejected"}`."""
    settings, sagemaker = CleanUpSettings.read(os.environ), client("sagemaker")
    rejected = cleaning.reject_package(event["plan"], sagemaker=sagemaker)
    removed = cleaning.clean_up(
        event["plan"],
        sagemaker=sagemaker,
        endpoint_name=settings.endpoint_name,
        group=settings.model_package_group,
    )
    return {"removed": removed, "rejected": rejected}


def scale(event: Event, context: Any) -> dict[str, str] | None:
    """`{"do": "settle"}` or `{"do": "make_room", "config"}` -> `{"detail"}`.

    CloudFormation's event of a custom resource, without properties, ends all scaling when the
    resource is deleted.
    """
    settings = ScaleSettings.read(os.environ)
    scaling = Scaling(
        serving=settings.serving,
        endpoint_name=settings.endpoint_name,
        autoscaling=client("application-autoscaling"),
        cloudwatch=client("cloudwatch"),
        sagemaker=client("sagemaker"),
    )
    if "RequestType" in event:
        custom_resource.on_delete(event, context, lambda properties, deadline: scaling.stop())
        return None
    make_room = event["do"] == "make_room"
    detail = scaling.make_room(event["config"]) if make_room else scaling.settle()
    logging.info("%s", detail)
    return {"detail": detail}


def ask_for_approval(event: Event, context: Any) -> dict[str, str]:
    """`{"workload", "plan", "execution", "token"}` -> `{"ends_at"}`; the state machine goes on
    waiting until somebody answers the token."""
    record = ApprovalRequest(
        settings=ApprovalSettings.read(os.environ),
        workload=event["workload"],
        sagemaker=client("sagemaker"),
        ssm=client("ssm"),
        s3=client("s3"),
        sns=client("sns"),
    ).ask(event["plan"], execution=event["execution"], token=event["token"])
    logging.info("%s waits for a decision until %s", record.execution, record.ends_at)
    return {"ends_at": record.ends_at}


def tear_down(event: Event, context: Any) -> None:
    """A custom resource with the properties `EndpointName`, `NamePrefix` (`<group>-v`),
    `ChampionParameter` and, for an environment that keeps nothing, `LogGroup`."""

    def work(properties: Mapping[str, Any], deadline: custom_resource.Deadline) -> None:
        deleted = TearDown(
            endpoint_name=properties["EndpointName"],
            group=properties["NamePrefix"].removesuffix("-v"),
            champion_parameter=properties.get("ChampionParameter", ""),
            log_group=properties.get("LogGroup", ""),
            sagemaker=client("sagemaker"),
            ssm=client("ssm"),
            logs=client("logs"),
            deadline=deadline,
        ).run()
        logging.info("deleted the endpoint, and of its deployments %s", deleted)

    custom_resource.on_delete(event, context, work)
