"""An account in which the deployment state machine runs: its functions as they are, AWS doubled.

The definition is the one that the stack has. Time passes where it waits: with each wait the
endpoint settles, and rolls an update back whose alarm on wrong answers went off meanwhile.
"""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from contracts import names
from contracts.champion_record import ChampionRecord
from infra.constructs.deployment_parts import DeploymentCalls, DeploymentTimes
from infra.constructs.deployment_states import deployment_definition
from lambdas.deployment import handler
from tests.unit.deployment_machine.asl import Ended, Machine, Stopped, TaskError
from tests.unit.lambdas.capacity_doubles import Ec2, Quotas
from tests.unit.lambdas.deployment_doubles import (
    ARN,
    ENDPOINT,
    GROUP,
    KEY,
    MODEL,
    PARAMETER,
    ROLE,
    Parameters,
    SageMaker,
    approval,
    package,
    serving,
)
from tests.unit.lambdas.wire import by_methods, wired_client

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:rookery-test-birds-deployment"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:rookery-test-birds-deployment:"
ALARM = "rookery-test-birds-wrong-answers"
LABELS = {"0.png": "crow", "1.png": "jay", "2.png": "rook"}
CALLS = DeploymentCalls(
    plan="plan",
    preflight="preflight",
    smoke_test="smoke_test",
    roll_back="roll_back",
    clean_up="clean_up",
    alert_topic="alerts",
    state_machine=MACHINE,
    champion_parameter=PARAMETER,
)
ENVIRON = {
    "ENVIRONMENT": "test",
    "WORKLOAD": "birds",
    "ENDPOINT_NAME": ENDPOINT,
    "MODEL_PACKAGE_GROUP": GROUP,
    "CHAMPION_PARAMETER": PARAMETER,
    "MODEL_ROLE_ARN": ROLE,
    "SERVING": serving().to_json(),
    "ARTIFACT_BUCKET": "artifacts",
    "OUTPUT_KEY_ARN": KEY,
    "ALARMS": ALARM,
    "BAKE_SECONDS": "30",
    "TIMEOUT_SECONDS": "900",
    "OUTCOME_BUCKET": "",
    "SUCCESS_TOPIC_ARN": "",
    "ERROR_TOPIC_ARN": "",
    "KMS_KEY_ARN": KEY,
    "MODE": "realtime",
    "MAX_FAILURES": "1",
    "ACCOUNT": "123456789012",
    "ENDPOINTS": ENDPOINT,
}


class _Switch:
    """Stands for whichever double was connected last."""

    def __init__(self) -> None:
        self.double: Any = None

    def __getattr__(self, operation: str) -> Any:
        return getattr(self.double, operation)


_SWITCHES: dict[str, tuple[_Switch, Any]] = {}


def connected(service: str, double: Any) -> Any:
    """A boto3 client that reaches `double`; the same one each time, since making one is slow."""
    if service not in _SWITCHES:
        switch = _Switch()
        _SWITCHES[service] = (switch, wired_client(service, by_methods(switch)))
    switch, client = _SWITCHES[service]
    switch.double = double
    return client


def definition(*, bake_seconds: int = 30) -> dict[str, Any]:
    """The state machine as the stack has it."""
    return deployment_definition(
        calls=CALLS,
        times=DeploymentTimes(poll_seconds=15, timeout_seconds=150, bake_seconds=bake_seconds),
    )


def arn_of(version: int) -> str:
    """Of a model package."""
    return f"{ARN}model-package/{GROUP}/{version}"


class SageMakerWithEndpoints(SageMaker):
    """Makes models, configurations and endpoints too, and serves.

    Attributes:
        stuck: packages whose containers never get healthy.
        guards: alarms are watched: an update is rolled back once `alarm` answers True.
    """

    def __init__(self, alarm: Callable[[], bool]) -> None:
        super().__init__()
        self.stuck: set[str] = set()
        self.alarm = alarm

    def CreateModel(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["ModelName"]
        self._refuse_twice(name, self.models, "model")
        self.models.add(name)
        self.packages_of[name] = request["PrimaryContainer"]["ModelPackageName"]
        return {"ModelArn": f"{ARN}model/{name}"}

    def CreateEndpointConfig(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["EndpointConfigName"]
        self._refuse_twice(name, self.configs, "endpoint configuration")
        self.configs.add(name)
        if len(request["ProductionVariants"]) > 1:
            self.split_configs[name] = request
        return {"EndpointConfigArn": f"{ARN}endpoint-config/{name}"}

    def CreateEndpoint(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._refuse_twice(request["EndpointName"], self.endpoints, "endpoint")
        self.serve(request["EndpointConfigName"], "Creating")
        self.calls.append(f"CreateEndpoint {request['EndpointConfigName']}")
        return {"EndpointArn": f"{ARN}endpoint/{request['EndpointName']}"}

    def settle(self) -> None:
        """The endpoint arrives, unless its containers are not healthy or an alarm went off."""
        endpoint = self.endpoints.get(ENDPOINT, {})
        target = self._target.get(ENDPOINT, endpoint.get("EndpointConfigName", ""))
        starts = endpoint.get("EndpointStatus") in ("Creating", "Updating")
        if starts and (self.serves(target) in self.stuck or self.alarm()):
            why = "The primary container did not pass the ping health check."
            endpoint["FailureReason"] = "An alarm went off" if self.alarm() else why
            creates = endpoint["EndpointStatus"] == "Creating"
            endpoint["EndpointStatus"] = "Failed" if creates else "InService"
            self._target.pop(ENDPOINT, None)
            return
        super().settle()

    def serves(self, config: str) -> str:
        """ARN of the package that a configuration serves with."""
        return self.packages_of.get(config, "")

    def serving(self) -> list[str]:
        """Packages that answer requests now; two while the endpoint is updated."""
        endpoint = self.endpoints.get(ENDPOINT)
        if endpoint is None or endpoint["EndpointStatus"] in ("Creating", "Failed", "Deleting"):
            return []
        configs = [endpoint["EndpointConfigName"], self._target.get(ENDPOINT)]
        return [self.serves(config) for config in configs if config]

    @staticmethod
    def _refuse_twice(name: str, there: Any, what: str) -> None:
        if name in there:
            error = {
                "Code": "ValidationException",
                "Message": f'Cannot create already existing {what} "{name}".',
            }
            raise ClientError({"Error": error}, "Create")


MACHINE_DEFINITION = definition()


@dataclass(kw_only=True)
class World:
    """The account.

    Attributes:
        breaks: states that fail, with what: the error of each call of theirs.
        stops_at: the state at which the execution is stopped from outside.
        notices: subjects and messages that people got.
        wrong, failing: packages whose models answer wrong, or not at all.
        ends_in: waits after which other executions end, by their ARNs.
        running: executions beside the one that runs, as ListExecutions has them, and their input.
        waited: seconds, altogether.
        entered: states, of the execution that runs.
        stops_after: the state at which it is stopped once its call was made, before the answer.
    """

    breaks: dict[str, tuple[str, str]] = field(default_factory=dict)
    stops_at: str = ""
    stops_after: str = ""
    entered: list[str] = field(default_factory=list)
    notices: list[tuple[str, str]] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    running: dict[str, tuple[str, Any]] = field(default_factory=dict)
    metrics: list[float] = field(default_factory=list)
    waited: float = 0
    parameters: Parameters = field(default_factory=Parameters)
    quotas: Quotas = field(default_factory=Quotas)
    ec2: Ec2 = field(default_factory=Ec2)
    alarm_states: dict[str, str] = field(default_factory=lambda: {ALARM: "OK"})
    sagemaker: SageMakerWithEndpoints = field(init=False)
    ends_in: dict[str, int] = field(default_factory=dict)
    _patch: pytest.MonkeyPatch | None = None
    _state: str = ""
    _asked: int = 0

    def __post_init__(self) -> None:
        self.sagemaker = SageMakerWithEndpoints(lambda: bool(self.metrics and self.metrics[-1]))

    def connect(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the functions find this account, and no other from now on."""
        self._client = connected("sagemaker", self.sagemaker)
        self._ssm = connected("ssm", self.parameters)
        clients = {
            "sagemaker": self._client,
            "ssm": self._ssm,
            "s3": self,
            "sagemaker-runtime": self,
            "cloudwatch": self,
            "ecr": self,
            "ec2": self.ec2.client,
            "service-quotas": connected("service-quotas", self.quotas),
        }
        self._patch = monkeypatch
        monkeypatch.setattr(handler, "client", lambda service, **_: clients[service])
        for name, value in ENVIRON.items():
            monkeypatch.setenv(name, value)

    def register(self, version: int) -> dict[str, Any]:
        """A new package; answers SageMaker's event of its approval."""
        self.sagemaker.packages[arn_of(version)] = package(version)
        return approval(version)

    def start(self, name: str, document: Any, *, second: int) -> None:
        """Let another execution be there, which waits or runs."""
        moment = f"2026-03-01T12:{second // 60:02}:{second % 60:02}.000Z"
        self.running[f"{EXECUTION}{name}"] = (moment, document)

    def wait_behind(self, *, approved: int, newer: int | None) -> None:
        """Let one execution run that began before, and end after a while; and one wait that began
        later, for the approval of a version."""
        self.running[f"{EXECUTION}earlier"] = ("2026-03-01T11:59:00.000Z", approval(approved))
        self.ends_in = {f"{EXECUTION}earlier": 4}
        if newer is not None:
            self.start("newer", approval(newer), second=30)

    def serve_as(self, **changes: Any) -> None:
        """Let the workload's YAML say something else."""
        assert self._patch is not None
        self._patch.setenv("SERVING", serving(**changes).to_json())

    def run(
        self, document: Any, *, name: str = "own", second: int = 0, ends_with: str = ""
    ) -> Ended:
        """Run an execution to its end.

        Args:
            second: when it started.
            ends_with: execution with which all that started later end, after a while.
        """
        self.metrics.clear()
        self.entered = []
        own = f"{EXECUTION}{name}"
        self.start(name, document, second=second)
        if ends_with:
            self.ends_in = {arn: 3 for arn in self.running if arn > f"{EXECUTION}{ends_with}"}
        machine = Machine(
            definition=MACHINE_DEFINITION,
            call=self._call,
            sleep=self._sleep,
            entering=self._enter,
        )
        ended = machine.run(document, execution=own)
        self.running.pop(own)
        return ended

    def deploy(self, version: int) -> str:
        """Let a version go live; answers the name of its configuration."""
        ended = self.run(self.register(version))
        assert ended.status == "SUCCEEDED", ended
        self.notices.clear()
        self.sagemaker.calls.clear()
        return str(self.live)

    @property
    def live(self) -> str | None:
        """The configuration that the endpoint serves with; None where nothing serves."""
        endpoint = self.sagemaker.endpoints.get(ENDPOINT)
        if endpoint is None:
            return None
        assert endpoint["EndpointStatus"] == "InService", endpoint
        name: str = endpoint["EndpointConfigName"]
        return name

    @property
    def record(self) -> ChampionRecord | None:
        """The champion record."""
        value = self.parameters.values.get(PARAMETER)
        return ChampionRecord.parse(value) if value else None

    def things(self) -> dict[str, Any]:
        """All that a deployment can leave behind."""
        return {
            "endpoint": self.live,
            "models": set(self.sagemaker.models),
            "configs": set(self.sagemaker.configs),
            "record": self.record,
        }

    def remember(self) -> dict[str, Any]:
        """All that is there, for `become`."""
        kept = {k: v for k, v in vars(self.sagemaker).items() if k not in ("alarm", "settle")}
        return copy.deepcopy(
            {
                "sagemaker": kept,
                "parameters": self.parameters.values,
                "wrong": self.wrong,
            }
        )

    def become(self, remembered: Mapping[str, Any]) -> None:
        """Let it be as when `remember` was asked."""
        found = copy.deepcopy(dict(remembered))
        vars(self.sagemaker).update(found["sagemaker"])
        self.parameters.values = found["parameters"]
        self.wrong = found["wrong"]

    # What the functions call.

    def get_object(self, **request: Any) -> dict[str, Any]:
        file = request["Key"].rpartition("/")[2]
        if file == "samples.json":
            samples = [{"file": name, "label": label} for name, label in LABELS.items()]
            body = json.dumps({"schema_version": 1, "samples": samples}).encode()
        elif file in LABELS:
            body = file.encode()
        elif file == "model.tar.gz":
            body = MODEL
        else:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": file}}, "GetObject")
        return {"Body": io.BytesIO(body)}

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        serving = self.sagemaker.serving()
        if not serving:
            error = {"Code": "ValidationError", "Message": f"Endpoint {ENDPOINT} not found."}
            raise ClientError({"Error": error}, "InvokeEndpoint")
        self._asked += 1
        answers = serving[self._asked % len(serving)]
        if answers in self.failing:
            raise ClientError({"Error": {"Code": "ModelError", "Message": "500"}}, "InvokeEndpoint")
        label = LABELS[request["Body"].decode()]
        told = f"not {label}" if answers in self.wrong else label
        body = json.dumps({"predictions": [{"label": told, "confidence": 0.9}]}).encode()
        return {"Body": io.BytesIO(body), "ContentType": "application/json"}

    def put_metric_data(self, **request: Any) -> dict[str, Any]:
        assert request["Namespace"] == names.DEPLOYMENT_METRICS
        self.metrics += [each["Value"] for each in request["MetricData"]]
        return {}

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        there = [name for name in request["AlarmNames"] if name in self.alarm_states]
        return {
            "MetricAlarms": [
                {"AlarmName": name, "StateValue": self.alarm_states[name]} for name in there
            ]
        }

    # What the state machine calls.

    def _enter(self, state: str) -> None:
        self._state = state
        self.entered.append(state)
        if state == self.stops_at:
            raise Stopped

    def _sleep(self, seconds: float) -> None:
        self.waited += seconds
        self.sagemaker.settle()
        self.ends_in = {arn: left - 1 for arn, left in self.ends_in.items()}
        for arn in [arn for arn, left in self.ends_in.items() if left <= 0]:
            self.ends_in.pop(arn)
            self.running.pop(arn, None)

    def _call(self, resource: str, arguments: Any) -> Any:
        if self._state in self.breaks:
            raise TaskError(*self.breaks[self._state])
        answer = self._answer(resource, arguments)
        if self._state == self.stops_after:
            raise Stopped
        return answer

    def _answer(self, resource: str, arguments: Any) -> Any:
        service, action = resource.removeprefix("arn:aws:states:::").rsplit(":", 1)
        if service == "lambda":
            return {"Payload": self._invoke(arguments)}
        if service == "sns":
            self.notices.append((arguments["Subject"], arguments["Message"]))
            return {"MessageId": "1"}
        if service == "aws-sdk:sfn":
            return self._of_states(action, arguments)
        client = {"aws-sdk:sagemaker": self._client, "aws-sdk:ssm": self._ssm}[service]
        prefix = {"aws-sdk:sagemaker": "SageMaker", "aws-sdk:ssm": "Ssm"}[service]
        method = getattr(client, xform_name(action[0].upper() + action[1:]))
        try:
            return _as_json(method(**arguments))
        except ClientError as error:
            # Step Functions names what an API does not model after the service.
            raise TaskError(
                f"{prefix}.{prefix}Exception", error.response["Error"]["Message"]
            ) from error

    def _invoke(self, arguments: Mapping[str, Any]) -> Any:
        function = getattr(handler, arguments["FunctionName"])
        try:
            return json.loads(json.dumps(function(arguments["Payload"], _Context())))
        except Exception as error:
            cause = {"errorMessage": str(error), "errorType": type(error).__name__}
            raise TaskError(type(error).__name__, json.dumps(cause)) from error

    def _of_states(self, action: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if action == "describeExecution":
            return {"Input": json.dumps(self.running[arguments["ExecutionArn"]][1])}
        assert action == "listExecutions"
        assert arguments["StateMachineArn"] == MACHINE
        listed = sorted(((start, arn) for arn, (start, _) in self.running.items()), reverse=True)
        found = [
            {"ExecutionArn": arn, "Name": arn.rpartition(":")[2], "StartDate": start}
            for start, arn in listed[: arguments["MaxResults"]]
        ]
        more = {"NextToken": "more"} if len(listed) > arguments["MaxResults"] else {}
        return {"Executions": found, **more}


class _Context:
    def get_remaining_time_in_millis(self) -> int:
        return 600_000


def _as_json(answer: dict[str, Any]) -> Any:
    answer.pop("ResponseMetadata", None)
    return json.loads(json.dumps(answer, default=_moment))


def _moment(value: Any) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()
