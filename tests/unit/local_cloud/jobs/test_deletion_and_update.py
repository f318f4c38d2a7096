from __future__ import annotations

from typing import Any

import pytest

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker import dispatch, job_deletion
from local_cloud.sagemaker.service import SageMakerService

KINDS = {
    "TrainingJob": "training-job",
    "ProcessingJob": "processing-job",
    "HyperParameterTuningJob": "hyper-parameter-tuning-job",
}


def put(service: SageMakerService, member: str, status: str, **more: Any) -> str:
    """Write a job named ``job`` into the store; answers its ARN."""
    arn = service.arn(f"{KINDS[member]}/job")
    document = {f"{member}Name": "job", f"{member}Arn": arn, f"{member}Status": status, **more}
    service.store.create(KINDS[member], "job", document)
    return arn


@pytest.mark.parametrize("member", KINDS)
def test_a_job_that_has_ended_is_deleted_with_its_tags(
    service: SageMakerService, member: str
) -> None:
    arn = put(service, member, "Failed")
    team = [{"Key": "team", "Value": "rooks"}]
    dispatch.perform(service, "AddTags", {"ResourceArn": arn, "Tags": team})
    dispatch.perform(service, f"Delete{member}", {f"{member}Name": "job"})
    put(service, member, "Completed")
    assert dispatch.perform(service, "ListTags", {"ResourceArn": arn})["Tags"] == []


def test_the_next_job_of_a_name_finds_nothing_of_the_deleted_one(
    service: SageMakerService,
) -> None:
    put(service, "TrainingJob", "Failed")
    folder = service.settings.jobs_dir / "training-job-job"
    (folder / "ml" / "output" / "data").mkdir(parents=True)
    left = folder.with_name(".deleted-by-a-kill")
    left.mkdir()
    dispatch.perform(service, "DeleteTrainingJob", {"TrainingJobName": "job"})
    job_deletion.resume(service)
    assert list(service.settings.jobs_dir.iterdir()) == []


@pytest.mark.parametrize("member", KINDS)
def test_a_job_that_runs_or_is_not_there_is_not_deleted(
    service: SageMakerService, member: str
) -> None:
    with pytest.raises(ApiError) as missing:
        dispatch.perform(service, f"Delete{member}", {f"{member}Name": "job"})
    declared = member != "HyperParameterTuningJob"
    assert missing.value.code == ("ResourceNotFound" if declared else "ValidationException")
    put(service, member, "Stopping")
    with pytest.raises(ApiError, match="is in status Stopping") as running:
        dispatch.perform(service, f"Delete{member}", {f"{member}Name": "job"})
    assert running.value.code == ("ResourceInUse" if declared else "ValidationException")


def test_a_running_tuning_job_keeps_its_training_jobs(service: SageMakerService) -> None:
    arn = put(service, "HyperParameterTuningJob", "InProgress")
    put(service, "TrainingJob", "Completed", TuningJobArn=arn)
    with pytest.raises(ApiError, match=r"belongs to .*tuning-job/job"):
        dispatch.perform(service, "DeleteTrainingJob", {"TrainingJobName": "job"})
    service.store.update(
        "hyper-parameter-tuning-job", "job", HyperParameterTuningJobStatus="Completed"
    )
    name = {"HyperParameterTuningJobName": "job"}
    dispatch.perform(service, "DeleteHyperParameterTuningJob", name)
    dispatch.perform(service, "DeleteTrainingJob", {"TrainingJobName": "job"})


def test_profiler_settings_of_a_running_job_change_and_those_of_an_ended_one_do_not(
    service: SageMakerService,
) -> None:
    put(service, "TrainingJob", "InProgress", ProfilerConfig={"S3OutputPath": "s3://b/p"})
    request = {"TrainingJobName": "job", "ProfilerConfig": {"DisableProfiler": True}}
    dispatch.perform(service, "UpdateTrainingJob", request)
    known = service.store.update("training-job", "job", TrainingJobStatus="Completed")
    assert known["ProfilerConfig"] == {"S3OutputPath": "s3://b/p", "DisableProfiler": True}
    assert known["ProfilingStatus"] == "Disabled"
    with pytest.raises(ApiError, match="training job is in status Completed"):
        dispatch.perform(service, "UpdateTrainingJob", request)


def test_what_a_local_training_job_has_not_cannot_be_updated(service: SageMakerService) -> None:
    put(service, "TrainingJob", "InProgress")
    with pytest.raises(ApiError, match=r"keeps none; RemoteDebugConfig: .*no sessions"):
        dispatch.perform(
            service,
            "UpdateTrainingJob",
            {
                "TrainingJobName": "job",
                "ResourceConfig": {"KeepAlivePeriodInSeconds": 60},
                "RemoteDebugConfig": {"EnableRemoteDebug": True},
            },
        )
