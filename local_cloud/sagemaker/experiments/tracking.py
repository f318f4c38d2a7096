"""Jobs that an ExperimentConfig puts into a trial, and the trials that pipelines make.

On AWS a job without an ExperimentConfig becomes a trial component of no trial; here it becomes
none.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request
from local_cloud.sagemaker.experiments import records
from local_cloud.sagemaker.experiments.job_components import SOURCES
from local_cloud.sagemaker.experiments.records import COMPONENT, EXPERIMENT, TRIAL
from local_cloud.sagemaker.service import SageMakerService

_NAME_CHARACTERS = 120
_SUFFIX_BYTES = 4


def check(service: SageMakerService, request: Request) -> None:
    """Whether the experiment and the trial of a job's ExperimentConfig are there.

    Raises ResourceNotFound, and ValidationException for a trial of another experiment.
    """
    config = request.get("ExperimentConfig", {})
    experiment = config.get("ExperimentName")
    if experiment is not None:
        experiment = records.find(service, EXPERIMENT, experiment)["ExperimentName"]
    if "TrialName" in config:
        trial = records.find(service, TRIAL, config["TrialName"])
        if experiment not in (None, trial["ExperimentName"]):
            raise ValidationException(
                f"Trial '{trial['TrialName']}' is part of experiment "
                f"'{trial['ExperimentName']}', not of '{experiment}'."
            )


def track(service: SageMakerService, request: Request, kind: str, arn: str) -> None:
    """Make the trial component of a job that was just created, in its trial.

    An experiment without a trial gets a new one. To be called in the transaction that creates
    the job, after :func:`check`.
    """
    config = request.get("ExperimentConfig")
    if config is None:
        return
    job = arn.rsplit("/", 1)[-1]
    trial = config.get("TrialName")
    if trial is None and "ExperimentName" in config:
        trial = f"{job}-trial"
        _ensure_trial(service, config["ExperimentName"], trial)
    name = _component_name(service, job, kind)
    given = {"TrialComponentName": name}
    if "TrialComponentDisplayName" in config:
        given["DisplayName"] = config["TrialComponentDisplayName"]
    more = {
        "Source": {"SourceArn": arn, "SourceType": SOURCES[kind].source_type},
        "_job": [kind, job],
        "_trials": [records.key_of(trial)] if trial else [],
    }
    records.create(service, COMPONENT, given, more=more)


def _component_name(service: SageMakerService, job: str, kind: str) -> str:
    """``<job>-aws-<kind>``; a job that was deleted and made anew gets another one."""
    name = f"{job}-aws-{kind}"
    if service.store.find(COMPONENT.kind, records.key_of(name)) is None:
        return name
    return f"{name}-{secrets.token_hex(_SUFFIX_BYTES)}"[:_NAME_CHARACTERS]


def ensure_for_execution(
    service: SageMakerService, config: Mapping[str, Any], *, pipeline_arn: str, execution_arn: str
) -> None:
    """The experiment and the trial of a pipeline execution, where they are not there yet."""
    if "ExperimentName" not in config:
        return
    _ensure_experiment(service, config["ExperimentName"], pipeline_arn)
    if "TrialName" in config:
        _ensure_trial(service, config["ExperimentName"], config["TrialName"], execution_arn)


def _ensure_experiment(service: SageMakerService, name: str, source: str) -> None:
    if service.store.find(EXPERIMENT.kind, records.key_of(name)) is None:
        more = {"Source": {"SourceArn": source}}
        records.create(service, EXPERIMENT, {"ExperimentName": name}, more=more)


def _ensure_trial(
    service: SageMakerService, experiment: str, name: str, source: str | None = None
) -> None:
    if service.store.find(TRIAL.kind, records.key_of(name)) is not None:
        return
    more: dict[str, Any] = {
        "ExperimentName": records.find(service, EXPERIMENT, experiment)["ExperimentName"]
    }
    if source is not None:
        more["Source"] = {"SourceArn": source}
    records.create(service, TRIAL, {"TrialName": name}, more=more)
