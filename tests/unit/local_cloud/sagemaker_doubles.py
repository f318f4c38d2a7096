"""A SageMaker service over a real store, with doubles for what lies outside this process."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import botocore.validate
from botocore.exceptions import ClientError

from local_cloud.sagemaker import dispatch, model_packages, validation
from local_cloud.sagemaker.service import SageMakerService
from local_cloud.sagemaker.store import Store
from local_cloud.settings import LocalCloudSettings

_untyped: Any = botocore.session
_MODEL: Any = _untyped.get_session().get_service_model("sagemaker")
_JOBS = {
    "processing_job": ("processing-job", "ProcessingJob", "processing-job"),
    "training_job": ("training-job", "TrainingJob", "training-job"),
    "hyper_parameter_tuning_job": (
        "hyper-parameter-tuning-job",
        "HyperParameterTuningJob",
        "hyper-parameter-tuning-job",
    ),
    "transform_job": ("transform-job", "TransformJob", "transform-job"),
}


def assert_output_shape(operation: str, response: Mapping[str, Any]) -> None:
    """The response has every required member, no unknown one, and the right types."""
    shape = _MODEL.operation_model(operation).output_shape
    if operation == "DescribeModelPackage" and "ModelPackageVersion" in response:
        # botocore's model requires it of versions too, which have none on AWS.
        response = {"ModelPackageName": "version", **response}
    if shape is None:
        assert response == {}
    else:
        assert_shape(response, shape)


def assert_shape(value: Mapping[str, Any], shape: Any) -> None:
    validator: Any = botocore.validate.ParamValidator
    report = validator().validate(value, shape)
    assert not report.has_errors(), report.generate_report()


class EventsDouble:
    def __init__(self) -> None:
        self.published: list[tuple[str, list[str], dict[str, Any]]] = []

    def publish(self, detail_type: str, *, resources: list[str], detail: Mapping[str, Any]) -> None:
        json.dumps(detail)
        validation.check_event(detail_type, detail)
        self.published.append((detail_type, resources, dict(detail)))

    def details(self, detail_type: str) -> list[dict[str, Any]]:
        return [detail for kind, _, detail in self.published if kind == detail_type]


class ThreadTasks:
    """Real threads, which a test ends as a shutdown would."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []
        self.errors: list[BaseException] = []
        self._stop = threading.Event()

    def start(self, name: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as error:
                self.errors.append(error)

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        self.threads.append(thread)
        thread.start()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def shut_down(self) -> None:
        self._stop.set()
        for thread in list(self.threads):
            thread.join(timeout=10)
            assert not thread.is_alive(), thread.name


class AwsDouble:
    """The clients that a role's session gives: jobs, functions and objects in memory.

    ``behaviour[step]`` says what the jobs of a step do, one entry a job, the last one
    repeated: "complete", "hold" (until :meth:`finish`), or the FailureReason of a failure.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.service: SageMakerService | None = None
        self.behaviour: dict[str, list[str]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.roles: list[str] = []
        self.objects: dict[tuple[str, str], bytes] = {}
        self.functions: dict[str, Callable[[Any], Any]] = {}
        self.refusals: dict[str, list[ClientError]] = {}
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.most_at_once = 0

    def as_role(self, role_arn: str, *, session_name: str) -> Any:
        assert session_name
        self.roles.append(role_arn)
        return self

    def as_service(self) -> Any:
        return self

    def environment(self, role_arn: str, *, session_name: str) -> dict[str, str]:
        raise NotImplementedError

    def revoke(self, environment: Mapping[str, str]) -> None:
        raise NotImplementedError

    def client(self, name: str, **_options: Any) -> Any:
        clients = {
            "sagemaker": _SageMakerClient(self),
            "s3": _S3(self),
            "lambda": _Lambda(self),
            "sqs": _Sqs(self),
        }
        return clients[name]

    def called(self, method: str) -> list[dict[str, Any]]:
        return [request for name, request in self.calls if name == method]

    def finish(self, step: str, status: str = "Completed", reason: str | None = None) -> None:
        """End the step's held jobs."""
        for kind, member, _ in _JOBS.values():
            for document in self.store.list(kind):
                if document["_step"] == step and document[f"{member}Status"] == "InProgress":
                    changes = {f"{member}Status": status}
                    if reason:
                        changes["FailureReason"] = reason
                    self.store.update(kind, document[f"{member}Name"], **changes)


class _SageMakerClient:
    def __init__(self, aws: AwsDouble) -> None:
        self._aws = aws

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        def call(**request: Any) -> dict[str, Any]:
            self._aws.calls.append((method, request))
            refusals = self._aws.refusals.get(method, [])
            if refusals:
                raise refusals.pop(0)
            verb, _, noun = method.partition("_")
            if noun in _JOBS:
                return self._job(verb, noun, request)
            return self._other(method, request)

        return call

    def _job(self, verb: str, noun: str, request: dict[str, Any]) -> dict[str, Any]:
        kind, member, resource = _JOBS[noun]
        name = request[f"{member}Name"]
        if verb == "create":
            assert_shape(request, _MODEL.operation_model(f"Create{member}").input_shape)
            self._create(
                kind, member, f"arn:aws:sagemaker:us-east-1:000000000000:{resource}/{name}", request
            )
        if verb == "stop":
            self._aws.store.update(kind, name, **{f"{member}Status": "Stopped"})
        document = self._aws.store.get(kind, name)
        return {**document, "ResponseMetadata": {}}

    def _create(self, kind: str, member: str, arn: str, request: dict[str, Any]) -> None:
        name = request[f"{member}Name"]
        step = name.split("-")[-2]
        plan = self._aws.behaviour.get(step, ["complete"])
        behaviour = plan.pop(0) if len(plan) > 1 else plan[0]
        status = {"complete": "Completed", "hold": "InProgress"}.get(behaviour, "Failed")
        document = {
            **{key: value for key, value in request.items() if key != "Tags"},
            f"{member}Arn": arn,
            f"{member}Status": status,
            "CreationTime": time.time(),
            "_step": step,
        }
        if status == "Failed":
            document["FailureReason"] = behaviour
        if kind == "training-job":
            uri = f"{request['OutputDataConfig']['S3OutputPath']}/{name}/output/model.tar.gz"
            document["ModelArtifacts"] = {"S3ModelArtifacts": uri}
        if kind == "hyper-parameter-tuning-job":
            document["BestTrainingJob"] = {"TrainingJobName": f"{name}-002"}
        self._aws.store.create(kind, name, document)
        running = [
            job
            for known, known_member, _ in _JOBS.values()
            for job in self._aws.store.list(known)
            if job[f"{known_member}Status"] == "InProgress"
        ]
        self._aws.most_at_once = max(self._aws.most_at_once, len(running))

    def _other(self, method: str, request: dict[str, Any]) -> dict[str, Any]:
        operation = "".join(part.capitalize() for part in method.split("_"))
        assert_shape(request, _MODEL.operation_model(operation).input_shape)
        if operation in model_packages.ACTIONS:
            assert self._aws.service is not None
            return dispatch.perform(self._aws.service, operation, request)
        arn = f"arn:aws:sagemaker:us-east-1:000000000000:model/{request['ModelName']}"
        if operation == "CreateModel":
            self._aws.store.create("model", request["ModelName"], {**request, "ModelArn": arn})
            return {"ModelArn": arn}
        return self._aws.store.get("model", request["ModelName"])


class _S3:
    def __init__(self, aws: AwsDouble) -> None:
        self._aws = aws

    def _find(self, bucket: str, key: str, operation: str) -> bytes:
        if (bucket, key) not in self._aws.objects:
            raise client_error("NoSuchKey", "The specified key does not exist.", operation, 404)
        return self._aws.objects[bucket, key]

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": io.BytesIO(self._find(Bucket, Key, "GetObject"))}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"ETag": f'"{len(self._find(Bucket, Key, "HeadObject"))}"'}

    def list_objects_v2(self, *, Bucket: str, Prefix: str, MaxKeys: int) -> Any:  # noqa: N803
        found = [k for b, k in self._aws.objects if b == Bucket and k.startswith(Prefix)]
        return {"KeyCount": len(found[:MaxKeys])}


class _Lambda:
    def __init__(self, aws: AwsDouble) -> None:
        self._aws = aws

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        request = json.loads(Payload)
        self._aws.calls.append(("invoke", request))
        try:
            answer = self._aws.functions[FunctionName](request)
        except ValueError as error:
            failure = {"errorType": "ValueError", "errorMessage": str(error)}
            return {"Payload": io.BytesIO(json.dumps(failure).encode()), "FunctionError": "x"}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


class _Sqs:
    def __init__(self, aws: AwsDouble) -> None:
        self._aws = aws

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> dict[str, Any]:  # noqa: N803
        refusals = self._aws.refusals.get("send_message", [])
        if refusals:
            raise refusals.pop(0)
        self._aws.messages.append((QueueUrl, json.loads(MessageBody)))
        return {"MessageId": "1"}


def client_error(code: str, message: str, operation: str, status: int = 400) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        operation,
    )


def make_service(
    folder: Path,
) -> tuple[SageMakerService, AwsDouble, EventsDouble, ThreadTasks]:
    """A service over the state in ``folder``: called again, it is the service restarted."""
    settings = LocalCloudSettings(state_dir=folder)
    store = Store(settings.database)
    aws, events, tasks = AwsDouble(store), EventsDouble(), ThreadTasks()

    def refuse(action: str, _request: Mapping[str, Any]) -> dict[str, Any]:
        raise AssertionError(f"unexpected call of {action}")

    service = SageMakerService(
        settings=settings,
        store=store,
        credentials=aws,
        events=events,
        tasks=tasks,
        call=refuse,
    )
    aws.service = service
    return service, aws, events, tasks
