"""The functions of training as the pipeline, EventBridge and CloudFormation call them.

| function | environment variables |
|---|---|
| raise_epochs | none |
| find_champion | none |
| delete_model | none |
| describe_image | none |
| notify | ENVIRONMENT, ALERT_TOPIC_ARN, DATA_BUCKET |
| empty_model_package_group | none |
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared import custom_resource
from lambdas.shared.aws_errors import is_missing
from lambdas.shared.clients import client
from lambdas.training.champion import NO_CHAMPION, copy_checkpoints, lay_beside, rounds_of
from lambdas.training.champion import find_champion as find
from lambdas.training.model_packages import empty_group
from lambdas.training.notify import Notifier
from lambdas.training.settings import NotifySettings
from lambdas.training.trials import write_trials
from lambdas.training.winner import final_hyperparameters

Event = Mapping[str, Any]

# S3 answers a copy of a large object when it is made.
_COPY_SECONDS = 300.0

logging.getLogger().setLevel(logging.INFO)


def raise_epochs(event: Event, context: Any) -> dict[str, str]:
    """`{"tuning_job_name", "trials_uri", "final_epochs"?}` -> one text a hyperparameter.

    Without `final_epochs` there are no epochs to raise. The trials are listed in `trials.json`
    under `trials_uri`, which is an output as well.

    Raises:
        ValueError: `final_epochs` is no number of 1 or more.
        NoWinnerError: no trial completed.
    """
    epochs = _whole_number(event, "final_epochs") if "final_epochs" in event else None
    job = event["tuning_job_name"]
    sagemaker = client("sagemaker")
    winner = final_hyperparameters(sagemaker, tuning_job_name=job, final_epochs=epochs)
    trials_uri = write_trials(
        sagemaker, client("s3"), tuning_job_name=job, prefix_uri=event["trials_uri"]
    )
    return {**winner, "trials_uri": trials_uri}


def find_champion(event: Event, context: Any) -> dict[str, str]:
    """`{"model_package_group_name", "champion_uri", "checkpoints_uri"?, "num_round"?}` ->
    `{"champion_uri", "model_package_arn", "num_round"?}`.

    Copies the approved model under `champion_uri`, and with `checkpoints_uri` its checkpoints
    there; `num_round` is then the rounds of both trainings together. Without an approved
    model, `model_package_arn` is `none`.
    """
    s3 = client("s3", answer_seconds=_COPY_SECONDS)
    champion = find(client("sagemaker"), group=event["model_package_group_name"])
    lay_beside(s3, champion, prefix_uri=event["champion_uri"])
    answer = {
        "champion_uri": event["champion_uri"],
        "model_package_arn": champion.arn if champion else NO_CHAMPION,
    }
    if "checkpoints_uri" in event:
        if champion is not None:
            copy_checkpoints(s3, champion, prefix_uri=event["checkpoints_uri"])
        answer["num_round"] = str(rounds_of(champion) + _whole_number(event, "num_round"))
    return answer


def delete_model(event: Event, context: Any) -> dict[str, str]:
    """`{"model_name"}` -> the same; a model that is gone is fine."""
    try:
        client("sagemaker").delete_model(ModelName=event["model_name"])
    except ClientError as error:
        if not is_missing(error):
            raise
    return {"model_name": event["model_name"]}


def describe_image(event: Event, context: Any) -> dict[str, str]:
    """`{"repository_name", "image_tag"}` -> `{"image_digest"}`, of an image of this account."""
    found = client("ecr").describe_images(
        repositoryName=event["repository_name"], imageIds=[{"imageTag": event["image_tag"]}]
    )
    return {"image_digest": found["imageDetails"][0]["imageDigest"]}


def _whole_number(event: Event, name: str) -> int:
    text = str(event[name])
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{name}: expected a whole number of 1 or more, got {text!r}")
    return int(text)


def notify(event: Event, context: Any) -> dict[str, str | None]:
    """SageMaker's event of a run or of a model package -> `{"subject"}` of the notice sent.

    The subject is null where nobody has to act any more.
    """
    notifier = Notifier(
        settings=NotifySettings.read(os.environ),
        sagemaker=client("sagemaker"),
        s3=client("s3"),
        sns=client("sns"),
    )
    notice = notifier.tell(event)
    return {"subject": notice.subject if notice else None}


def empty_model_package_group(event: Event, context: Any) -> None:
    """A custom resource with the property `ModelPackageGroupName`."""

    def work(properties: Mapping[str, Any], deadline: custom_resource.Deadline) -> None:
        group = properties["ModelPackageGroupName"]
        deleted = empty_group(client("sagemaker"), group=group, deadline=deadline)
        logging.info("deleted %d model packages of %s", deleted, group)

    custom_resource.on_delete(event, context, work)
