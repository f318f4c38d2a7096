from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.shared.custom_resource import Deadline, OutOfTimeError
from lambdas.training import handler
from lambdas.training.model_packages import empty_group
from lambdas.training.trials import write_trials
from lambdas.training.winner import NoWinnerError, final_hyperparameters
from tests.unit.lambdas.wire import ServiceError, by_methods, wired_client

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:"
GROUP = "rookery-test-birds"


class Objects:
    """An S3 that keeps what is put into it."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803
        self.objects[Bucket, Key] = Body


class Tuning:
    """A tuning job and its best training job."""

    def __init__(self, *, best: str | None = "birds-007") -> None:
        self.best = best

    def DescribeHyperParameterTuningJob(self, request: Any) -> dict[str, Any]:  # noqa: N802
        assert request == {"HyperParameterTuningJobName": "birds"}
        summary: dict[str, Any] = {
            "TrainingJobName": self.best,
            "TrainingJobArn": f"{ARN}training-job/{self.best}",
            "TrainingJobStatus": "Completed",
            "CreationTime": 0,
            "TunedHyperParameters": {},
        }
        return {
            "HyperParameterTuningJobStatus": "Completed" if self.best else "Failed",
            "HyperParameterTuningJobConfig": {
                "HyperParameterTuningJobObjective": {
                    "Type": "Maximize",
                    "MetricName": "val_accuracy",
                }
            },
            "TrainingJobStatusCounters": {"NonRetryableError": 4},
            **({"BestTrainingJob": summary} if self.best else {}),
        }

    def ListTrainingJobsForHyperParameterTuningJob(  # noqa: N802
        self, request: Any
    ) -> dict[str, Any]:
        reached = {"FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": "a", "Value": 0.5}}
        return {
            "TrainingJobSummaries": [
                _trial("birds-008", "Failed", "sgd", {}),
                _trial("birds-007", "Completed", "adam", reached),
            ]
        }

    def DescribeTrainingJob(self, request: Any) -> dict[str, Any]:  # noqa: N802
        assert request == {"TrainingJobName": self.best}
        return {
            "HyperParameters": {
                "learning-rate": "0.0123",
                "optimizer": "adam",
                "batch-size": "32",
                "model-type": "custom",
                "epochs": "3",
                "_tuning_objective_metric": "val_accuracy",
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": "s3://code/source.tar.gz",
            }
        }


def _trial(name: str, status: str, optimizer: str, reached: dict[str, Any]) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "TrainingJobArn": f"{ARN}training-job/{name}",
        "TrainingJobStatus": status,
        "CreationTime": 0,
        "TunedHyperParameters": {"optimizer": optimizer},
        **reached,
    }


def test_the_winner_s_own_hyperparameters_come_with_more_epochs() -> None:
    sagemaker = wired_client("sagemaker", by_methods(Tuning()))

    assert final_hyperparameters(sagemaker, tuning_job_name="birds", final_epochs=20) == {
        "learning-rate": "0.0123",
        "optimizer": "adam",
        "batch-size": "32",
        "model-type": "custom",
        "epochs": "20",
        "tuning_job_name": "birds",
        "best_training_job": "birds-007",
    }


def test_a_tuning_job_without_a_winner_says_how_its_jobs_ended() -> None:
    sagemaker = wired_client("sagemaker", by_methods(Tuning(best=None)))

    with pytest.raises(NoWinnerError, match=r"birds \(Failed\).*'NonRetryableError': 4"):
        final_hyperparameters(sagemaker, tuning_job_name="birds", final_epochs=20)


@pytest.mark.parametrize(("given", "expected"), [("20", "20"), (20, "20")])
def test_epochs_may_come_as_a_number_or_a_text(
    monkeypatch: pytest.MonkeyPatch, given: Any, expected: str
) -> None:
    sagemaker = wired_client("sagemaker", by_methods(Tuning()))
    s3 = Objects()
    monkeypatch.setattr(handler, "client", {"sagemaker": sagemaker, "s3": s3}.get)

    answer = handler.raise_epochs(
        {"tuning_job_name": "birds", "final_epochs": given, "trials_uri": "s3://b/birds/1/tuning"},
        None,
    )

    assert answer["epochs"] == expected
    assert answer["trials_uri"] == "s3://b/birds/1/tuning"


def test_a_training_without_epochs_gets_the_winner_s_hyperparameters_as_they_are() -> None:
    sagemaker = wired_client("sagemaker", by_methods(Tuning()))

    answer = final_hyperparameters(sagemaker, tuning_job_name="birds", final_epochs=None)

    assert answer["epochs"] == "3"


def test_the_trials_are_listed_with_what_each_reached() -> None:
    sagemaker = wired_client("sagemaker", by_methods(Tuning()))
    s3 = Objects()

    write_trials(sagemaker, s3, tuning_job_name="birds", prefix_uri="s3://b/birds/1/tuning")

    assert json.loads(s3.objects["b", "birds/1/tuning/trials.json"]) == {
        "schema_version": 1,
        "objective": {"metric": "val_accuracy", "goal": "Maximize"},
        "trials": [
            {
                "training_job": "birds-007",
                "status": "Completed",
                "objective": 0.5,
                "hyperparameters": {"optimizer": "adam"},
            },
            {
                "training_job": "birds-008",
                "status": "Failed",
                "objective": None,
                "hyperparameters": {"optimizer": "sgd"},
            },
        ],
    }


@pytest.mark.parametrize("epochs", ["0", "-1", "many"])
def test_epochs_that_are_no_number_of_one_or_more_are_refused(epochs: str) -> None:
    with pytest.raises(ValueError, match="final_epochs"):
        handler.raise_epochs({"tuning_job_name": "birds", "final_epochs": epochs}, None)


class Registry:
    """Model packages of one group, two a page."""

    def __init__(self, count: int, *, exists: bool = True) -> None:
        self.packages = [f"{ARN}model-package/{GROUP}/{version}" for version in range(1, count + 1)]
        self.exists = exists
        self.gone: set[str] = set()
        self.refusing: ServiceError | None = None

    def ListModelPackages(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert request["ModelPackageGroupName"] == GROUP
        if not self.exists:
            raise ServiceError("ValidationException", f"ModelPackageGroup {GROUP} does not exist.")
        start = int(request.get("NextToken", "0"))
        page = self.packages[start : start + 2]
        found = [
            {"ModelPackageArn": each, "CreationTime": 0, "ModelPackageStatus": "Completed"}
            for each in page
        ]
        more = {"NextToken": str(start + 2)} if start + 2 < len(self.packages) else {}
        return {"ModelPackageSummaryList": found, **more}

    def DeleteModelPackage(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self.refusing:
            raise self.refusing
        if request["ModelPackageName"] in self.gone:
            raise ServiceError("ValidationException", "ModelPackage does not exist.")
        self.packages.remove(request["ModelPackageName"])
        return {}


def empty(registry: Registry, seconds: float = 60) -> int:
    return empty_group(
        wired_client("sagemaker", by_methods(registry)),
        group=GROUP,
        deadline=Deadline(seconds, lambda: 0.0),
    )


def test_every_package_of_a_group_is_deleted() -> None:
    registry = Registry(5)

    assert empty(registry) == 5
    assert registry.packages == []


def test_a_package_or_a_group_that_is_gone_is_fine() -> None:
    registry = Registry(3)
    registry.gone = {registry.packages[1]}

    assert empty(registry) == 3
    assert empty(Registry(0, exists=False)) == 0


def test_a_refusal_and_the_end_of_time_are_raised() -> None:
    registry = Registry(3)
    registry.refusing = ServiceError("AccessDeniedException", "no")

    with pytest.raises(ClientError, match="AccessDenied"):
        empty(registry)
    with pytest.raises(OutOfTimeError, match="package 1 of 3"):
        empty(Registry(3), seconds=0)
