"""A SageMaker service whose training jobs are functions: objective = f(hyperparameters)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Response
from local_cloud.sagemaker import dispatch
from local_cloud.sagemaker.service import Credentials, SageMakerService
from local_cloud.sagemaker.store import Document, Store
from local_cloud.settings import LocalCloudSettings
from tests.unit.local_cloud.sagemaker_doubles import assert_output_shape

ROLE = "arn:aws:iam::000000000000:role/training"
Outcome = Mapping[str, Any]
Train = Callable[[Mapping[str, str]], Outcome]


def objective(value: float) -> Outcome:
    """A training job that ran through and emitted the objective."""
    return {
        "TrainingJobStatus": "Completed",
        "FinalMetricDataList": [{"MetricName": "score", "Value": value, "Timestamp": 0.0}],
    }


def epochs(*values: float) -> Outcome:
    """A training job that emits the objective after each epoch."""
    emitted = [{"MetricName": "score", "Value": value, "Timestamp": 0.0} for value in values]
    return {**objective(values[-1]), "_metrics": emitted}


class Threads:
    """Background work on threads that a test can await."""

    def __init__(self) -> None:
        self.stopping = False
        self._threads: list[threading.Thread] = []

    def start(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive(), f"{thread.name} did not end"


class RecordedEvents:
    def __init__(self) -> None:
        self.published: list[tuple[str, Mapping[str, Any]]] = []

    def publish(self, detail_type: str, *, resources: list[str], detail: Mapping[str, Any]) -> None:
        assert resources
        self.published.append((detail_type, dict(detail)))


class OneRole:
    """SageMaker may assume :data:`ROLE` and no other."""

    def as_role(self, role_arn: str, *, session_name: str) -> OneObject:
        if role_arn != ROLE:
            raise ValidationException(f"Could not assume role {role_arn}.")
        return OneObject()


class OneObject:
    """A session whose S3 holds one object wherever one looks."""

    def client(self, service: str) -> OneObject:
        assert service == "s3"
        return self

    def list_objects_v2(self, **_: Any) -> dict[str, Any]:
        return {"KeyCount": 1}


class FakeTrainingJobs:
    """Training jobs that end ``seconds`` after their start, each on a thread of its own."""

    def __init__(self, train: Train, *, seconds: float = 0.0) -> None:
        self._train = train
        self._seconds = seconds
        self.requests: list[Mapping[str, Any]] = []
        self.most_at_once = 0
        self._lock = threading.Lock()
        self._running = 0

    def start(
        self, service: SageMakerService, request: Mapping[str, Any], tuning_job_arn: str
    ) -> None:
        name = request["TrainingJobName"]
        service.store.create(
            "training-job",
            name,
            {
                "TrainingJobName": name,
                "TrainingJobArn": service.arn(f"training-job/{name}"),
                "TuningJobArn": tuning_job_arn,
                "TrainingJobStatus": "InProgress",
                "CreationTime": time.time(),
            },
        )
        with self._lock:
            self.requests.append(request)
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        service.tasks.start(name, lambda: self._run(service, request))

    def _run(self, service: SageMakerService, request: Mapping[str, Any]) -> None:
        name = request["TrainingJobName"]
        outcome = dict(self._train(request["HyperParameters"]))
        if "_metrics" in outcome:
            emitted = [{**one, "Timestamp": time.time()} for one in outcome.pop("_metrics")]
            service.store.update("training-job", name, _metrics=emitted)
        end = time.monotonic() + self._seconds
        while time.monotonic() < end:
            if service.tasks.stopping:
                return
            if service.store.get("training-job", name)["TrainingJobStatus"] == "Stopping":
                outcome["TrainingJobStatus"] = "Stopped"
                break
            time.sleep(0.002)
        with self._lock:
            self._running -= 1
        service.store.update("training-job", name, **outcome)


class Cloud:
    """A service over a store in ``folder``, with fake training jobs."""

    def __init__(self, folder: Path, jobs: FakeTrainingJobs) -> None:
        settings = LocalCloudSettings(state_dir=folder)
        self.jobs = jobs
        self.tasks = Threads()
        self.events = RecordedEvents()
        self.service = SageMakerService(
            settings=settings,
            store=Store(settings.database),
            credentials=cast("Credentials", OneRole()),
            events=self.events,
            tasks=self.tasks,
            call=self.call,
        )

    def call(self, action: str, request: Mapping[str, Any]) -> Response:
        if action == "StopTrainingJob":
            self.service.store.update(
                "training-job", request["TrainingJobName"], TrainingJobStatus="Stopping"
            )
            return {}
        answer = dispatch.perform(self.service, action, request)
        assert_output_shape(action, answer)
        return answer

    def tune(self, **changes: Any) -> Document:
        """Run a tuning job to its end; answers its description."""
        request = tuning_request(**changes)
        self.call("CreateHyperParameterTuningJob", request)
        self.tasks.join()
        return self.describe(request["HyperParameterTuningJobName"])

    def describe(self, name: str = "tuning") -> Document:
        return self.call("DescribeHyperParameterTuningJob", {"HyperParameterTuningJobName": name})

    def training_jobs(self, name: str = "tuning", **request: Any) -> list[dict[str, Any]]:
        """The summaries of a tuning job's training jobs, a hundred at most."""
        answer = self.call(
            "ListTrainingJobsForHyperParameterTuningJob",
            {"HyperParameterTuningJobName": name, "MaxResults": 100, **request},
        )
        summaries: list[dict[str, Any]] = answer["TrainingJobSummaries"]
        return summaries


def tuning_request(
    *,
    name: str = "tuning",
    ranges: Mapping[str, Any] | None = None,
    most: int | None = 8,
    parallel: int = 2,
    strategy: str = "Bayesian",
    seed: int = 7,
    config: Mapping[str, Any] | None = None,
    definition: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """``config``, ``definition`` and ``more`` change HyperParameterTuningJobConfig,
    TrainingJobDefinition and the request itself."""
    limits: dict[str, Any] = {"MaxParallelTrainingJobs": parallel}
    if most is not None:
        limits["MaxNumberOfTrainingJobs"] = most
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
            "ResourceLimits": limits,
            "ParameterRanges": ranges or LEARNING_RATE,
            "RandomSeed": seed,
            **(config or {}),
        },
        "TrainingJobDefinition": {**DEFINITION, **(definition or {})},
        "Tags": [{"Key": "team", "Value": "birds"}],
        **(more or {}),
    }


def several_definitions(
    ranges: Mapping[str, Mapping[str, Any]], *, kind: str = "Maximize", **config: Any
) -> dict[str, Any]:
    """A request that tunes as many definitions: DefinitionName -> HyperParameterRanges."""
    request = tuning_request()
    del request["TrainingJobDefinition"]
    for member in ("HyperParameterTuningJobObjective", "ParameterRanges"):
        del request["HyperParameterTuningJobConfig"][member]
    request["HyperParameterTuningJobConfig"].update(config)
    request["TrainingJobDefinitions"] = [
        {
            **DEFINITION,
            "DefinitionName": name,
            "TuningObjective": {"Type": kind, "MetricName": "score"},
            "HyperParameterRanges": of_one,
            "StaticHyperParameters": {"algorithm": name},
        }
        for name, of_one in ranges.items()
    ]
    return request


DEFINITION: dict[str, Any] = {
    "StaticHyperParameters": {"epochs": "2"},
    "AlgorithmSpecification": {
        "TrainingImage": "763104351884.dkr.ecr.us-east-1.amazonaws.com/x:1",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "score", "Regex": "score=([0-9.]+)"}],
    },
    "RoleArn": ROLE,
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/models"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
    "StoppingCondition": {"MaxRuntimeInSeconds": 600},
}

LEARNING_RATE: dict[str, Any] = {
    "ContinuousParameterRanges": [
        {
            "Name": "learning-rate",
            "MinValue": "0.0001",
            "MaxValue": "0.1",
            "ScalingType": "Logarithmic",
        }
    ]
}
