from __future__ import annotations

from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker import validation
from local_cloud.sagemaker.tuner.training_request import training_request
from tests.unit.local_cloud.tuning.conftest import MakeCloud
from tests.unit.local_cloud.tuning.fake_cloud import DEFINITION, objective, tuning_request

INSTANCES = [
    {"InstanceType": "ml.c5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 5},
    {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
]
EVERYTHING = {
    **DEFINITION,
    "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
    "EnableNetworkIsolation": True,
    "EnableInterContainerTrafficEncryption": True,
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 90},
    "RetryStrategy": {"MaximumRetryAttempts": 2},
    "Environment": {"MODE": "fast"},
}


def request_of(definition: dict[str, Any]) -> dict[str, Any]:
    return training_request(
        "tuning-001-0", definition, {"rate": "0.1"}, objective_metric="score", tags=[]
    )


def test_a_training_job_gets_all_that_its_definition_says() -> None:
    request = request_of(EVERYTHING)
    validation.validate("CreateTrainingJob", request)
    for member in EVERYTHING.keys() - {"StaticHyperParameters", "AlgorithmSpecification"}:
        assert request[member] == EVERYTHING[member]
    assert request["HyperParameters"] == {
        "epochs": "2",
        "rate": "0.1",
        "_tuning_objective_metric": "score",
    }


def test_the_preferred_instances_of_a_flexible_definition_are_taken() -> None:
    definition = {key: value for key, value in DEFINITION.items() if key != "ResourceConfig"}
    definition["HyperParameterTuningResourceConfig"] = {
        "InstanceConfigs": INSTANCES,
        "AllocationStrategy": "Prioritized",
        "VolumeKmsKeyId": "key-1",
    }
    request = request_of(definition)
    validation.validate("CreateTrainingJob", request)
    assert request["ResourceConfig"] == {**INSTANCES[0], "VolumeKmsKeyId": "key-1"}


def test_a_tuning_job_keeps_no_instances_warm_by_its_definition() -> None:
    resources = {**DEFINITION["ResourceConfig"], "KeepAlivePeriodInSeconds": 600}
    request = request_of({**DEFINITION, "ResourceConfig": resources})
    assert request["ResourceConfig"] == DEFINITION["ResourceConfig"]


@pytest.mark.parametrize(
    ("tuning", "fault"),
    [
        (
            {"InstanceConfigs": INSTANCES, "InstanceType": "ml.m5.large"},
            "If you use InstanceConfigs .*, do not provide",
        ),
        ({"InstanceType": "ml.m5.large"}, "needs InstanceConfigs, or all of InstanceType"),
    ],
)
def test_instances_that_are_given_twice_or_by_half_are_refused(
    make_cloud: MakeCloud, tuning: dict[str, Any], fault: str
) -> None:
    request = tuning_request(definition={"HyperParameterTuningResourceConfig": tuning})
    cloud = make_cloud(lambda _: objective(0.5))
    with pytest.raises(ValidationException, match="Specify either ResourceConfig or"):
        cloud.call("CreateHyperParameterTuningJob", request)
    del request["TrainingJobDefinition"]["ResourceConfig"]
    with pytest.raises(ValidationException, match=fault):
        cloud.call("CreateHyperParameterTuningJob", request)
