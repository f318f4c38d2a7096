"""UpdateTrainingJob: other profiler settings for a job that runs.

The local cloud profiles nothing, so these settings change what DescribeTrainingJob answers
and nothing else. It keeps no warm pools and opens no sessions into containers.
"""

from __future__ import annotations

import time

from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.errors import ResourceNotFound
from local_cloud.sagemaker.job_state import check_can_stop
from local_cloud.sagemaker.runner.training import KIND, STATUS
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document


def update_training_job(service: SageMakerService, request: Request) -> Response:
    """Raises ResourceNotFound, and ValidationException for a job that has ended."""
    name = request["TrainingJobName"]
    if service.store.find(KIND, name) is None:
        raise ResourceNotFound("Requested resource not found.")

    def change(document: Document) -> None:
        check_can_stop(document, status=STATUS, noun="training job")
        profiler = {**document.get("ProfilerConfig", {}), **request.get("ProfilerConfig", {})}
        if profiler:
            document["ProfilerConfig"] = profiler
        if "ProfilerRuleConfigurations" in request:
            document["ProfilerRuleConfigurations"] = request["ProfilerRuleConfigurations"]
        document["ProfilingStatus"] = "Disabled" if profiler.get("DisableProfiler") else "Enabled"
        document["LastModifiedTime"] = time.time()

    document = service.store.mutate(KIND, name, change)
    return {"TrainingJobArn": document["TrainingJobArn"]}


def resume(service: SageMakerService) -> None:
    """An update is one write: there is nothing to take up again."""


ACTIONS: dict[str, Action] = {"UpdateTrainingJob": update_training_job}
