"""Doubles of Step Functions and CloudWatch; SageMaker's is the one of the deployments' tests."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.lambdas.deployment_doubles import ARN as SAGEMAKER
from tests.unit.lambdas.deployment_doubles import GROUP, SageMaker, plan_change
from tests.unit.lambdas.wire import ServiceError, by_methods, wired_client

ARN = "arn:aws:states:eu-west-1:123456789012:"
MACHINE = f"{ARN}stateMachine:rookery-test-birds-deployment"
EXECUTION = f"{ARN}execution:rookery-test-birds-deployment:"

PACKAGES = f"{SAGEMAKER}model-package/{GROUP}"
OPERATOR = "arn:aws:sts::123456789012:assumed-role/operator/ann"


class States:
    """A deployment state machine that does its work at the second look.

    Attributes:
        running: ARNs of executions that somebody else started.
        started: inputs of executions, by their ARNs.
        fails: the cause with which executions fail, or the empty string.
        missing: whether there is no such state machine.
        tokens: of tasks that wait, each with its answer once it has one.
    """

    def __init__(self, work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self.running: list[str] = []
        self.started: dict[str, dict[str, Any]] = {}
        self.fails = ""
        self.missing = False
        self.tokens: dict[str, dict[str, Any] | None] = {}
        self._work = work
        self._looks = 0

    def client(self) -> Any:
        return wired_client("stepfunctions", by_methods(self))

    def ListExecutions(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert (request["stateMachineArn"], request["statusFilter"]) == (MACHINE, "RUNNING")
        if self.missing:
            raise ServiceError(
                "StateMachineDoesNotExist", f"State Machine Does Not Exist: {MACHINE}"
            )
        found = [
            {
                "executionArn": arn,
                "stateMachineArn": MACHINE,
                "name": arn.rpartition(":")[2],
                "status": "RUNNING",
                "startDate": 0,
            }
            for arn in self.running
        ]
        return {"executions": found}

    def SendTaskSuccess(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._answer(request, {"output": json.loads(request["output"])})

    def SendTaskFailure(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._answer(request, {name: request[name] for name in ("error", "cause")})

    def _answer(self, request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        token = request["taskToken"]
        if token not in self.tokens:
            raise ServiceError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist'")
        self.tokens[token] = answer
        return {}

    def StartExecution(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        arn = EXECUTION + request["name"]
        self.started[arn] = json.loads(request["input"])
        return {"executionArn": arn, "startDate": 0}

    def DescribeExecution(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        arn = request["executionArn"]
        about = {"executionArn": arn, "stateMachineArn": MACHINE, "startDate": 0}
        self._looks += 1
        if self._looks < 2:
            return {**about, "status": "RUNNING"}
        if self.fails:
            return {
                **about,
                "status": "FAILED",
                "error": "DeploymentFailed",
                "cause": self.fails,
            }
        return {
            **about,
            "status": "SUCCEEDED",
            "output": json.dumps(self._work(self.started[arn])),
        }

    def GetExecutionHistory(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        entered = ["Begin", "Plan", "LookAtEndpoint", "LookAtEndpoint", "Live"][: 3 * self._looks]
        return {
            "events": [
                {
                    "timestamp": 0,
                    "type": "PassStateEntered",
                    "id": number,
                    "stateEnteredEventDetails": {"name": name},
                }
                for number, name in enumerate(entered, start=1)
            ]
        }


class Objects:
    """S3 objects, by bucket and key."""

    def __init__(self) -> None:
        self.contents: dict[tuple[str, str], bytes] = {}

    def get_object(self, **request: str) -> dict[str, Any]:
        content = self.contents.get((request["Bucket"], request["Key"]))
        if content is None:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(content)}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, **request: str) -> list[dict[str, Any]]:
        found = [
            {"Key": key}
            for bucket, key in self.contents
            if bucket == request["Bucket"] and key.startswith(request["Prefix"])
        ]
        return [{"Contents": found}] if found else [{}]

    def put_object(self, **request: Any) -> None:
        self.contents[request["Bucket"], request["Key"]] = request["Body"]


class CloudWatch:
    """Counts of requests in the last hour, by variant."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._counts = counts

    def get_metric_statistics(self, **request: Any) -> dict[str, Any]:
        dimensions = {each["Name"]: each["Value"] for each in request["Dimensions"]}
        count = self._counts.get(dimensions["VariantName"])
        return {"Datapoints": [] if count is None else [{"Sum": float(count)}]}


class Account:
    """An account with an endpoint, as `operate.account.Account` gives it to the commands."""

    def __init__(self, sagemaker: SageMaker) -> None:
        self.states = States(self._work)
        self.counts: dict[str, int] = {}
        self.objects = Objects()
        self._sagemaker = sagemaker

    def client(self, service: str) -> Any:
        if service == "cloudwatch":
            return CloudWatch(self.counts)
        if service == "s3":
            return self.objects
        return self._sagemaker.client() if service == "sagemaker" else self.states.client()

    def caller(self) -> str:
        return OPERATOR

    def stack_output(self, environment: str, word: str, key: str) -> str:
        assert (word, key) == ("foundation", "ArtifactBucketName")
        return "artifacts"

    def state_machine_arn(self, environment: str, workload: str) -> str:
        return MACHINE.replace("test-birds", f"{environment}-{workload}")

    def _work(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["action"] == "roll_back":
            return self._roll_back(request)
        plan = plan_change(self._sagemaker, request)
        if not plan["nothing_to_do"]:
            self._sagemaker.do(plan)
        return {**plan, "smoke": "", "cleaned": "Removed: []"}

    def _roll_back(self, request: dict[str, Any]) -> dict[str, Any]:
        """The named version serves again, or the first one that the endpoint had."""
        arn = f"{PACKAGES}/{request.get('to', '3')}"
        model = next(
            model for model, package in self._sagemaker.packages_of.items() if package == arn
        )
        self._sagemaker.serve(model)
        return {"nothing_to_do": False, "summary": f"back to {model}", "smoke": "", "cleaned": ""}
