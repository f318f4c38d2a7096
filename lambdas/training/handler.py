"""The functions of training as the pipeline, EventBridge and CloudFormation call them.

| function | environment variables |
|---|---|
| raise_epochs | none |
| notify | ENVIRONMENT, ALERT_TOPIC_ARN, DATA_BUCKET |
| empty_model_package_group | none |
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

from lambdas.shared import custom_resource
from lambdas.shared.clients import client
from lambdas.training.model_packages import empty_group
from lambdas.training.notify import Notifier
from lambdas.training.settings import NotifySettings
from lambdas.training.winner import final_hyperparameters

Event = Mapping[str, Any]

logging.getLogger().setLevel(logging.INFO)


def raise_epochs(event: Event, context: Any) -> dict[str, str]:
    """`{"tuning_job_name", "final_epochs"}` -> one text a hyperparameter.

    Raises:
        ValueError: `final_epochs` is no number of 1 or more.
    """
    text = str(event["final_epochs"])
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"final_epochs: expected a whole number of 1 or more, got {text!r}")
    return final_hyperparameters(
        client("sagemaker"), tuning_job_name=event["tuning_job_name"], final_epochs=int(text)
    )


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
