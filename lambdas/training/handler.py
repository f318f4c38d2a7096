"""The functions of training as the pipeline and CloudFormation call them. No variables."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from lambdas.shared import custom_resource
from lambdas.shared.clients import client
from lambdas.training.model_packages import empty_group
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


def empty_model_package_group(event: Event, context: Any) -> None:
    """A custom resource with the property `ModelPackageGroupName`."""

    def work(properties: Mapping[str, Any], deadline: custom_resource.Deadline) -> None:
        group = properties["ModelPackageGroupName"]
        deleted = empty_group(client("sagemaker"), group=group, deadline=deadline)
        logging.info("deleted %d model packages of %s", deleted, group)

    custom_resource.on_delete(event, context, work)
