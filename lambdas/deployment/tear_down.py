"""Delete what deployments made: CloudFormation does not know of it, and it is billed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from lambdas.deployment.champion import forget_record
from lambdas.deployment.endpoint import DELETING, delete_endpoint, find_endpoint
from lambdas.deployment.removal import list_configs, list_models, remove_config, remove_model
from lambdas.shared.aws_errors import is_missing
from lambdas.shared.custom_resource import Deadline

_POLL_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class TearDown:
    """Attributes:
    group: model package group, whose name begins those of models and configurations.
    champion_parameter: name of the SSM parameter with the champion record; empty for none.
    log_group: that SageMaker made for the endpoint; empty to keep it.
    sagemaker, ssm, logs: boto3 clients.
    """

    endpoint_name: str
    group: str
    champion_parameter: str
    log_group: str
    sagemaker: Any
    ssm: Any
    logs: Any
    deadline: Deadline
    sleep: Callable[[float], None] = time.sleep

    def run(self) -> list[str]:
        """Delete the endpoint, wait until it is gone, then delete the rest, the record and the log.

        Returns:
            Names of the configurations and models that were deleted.

        Raises:
            OutOfTimeError: the endpoint is not gone yet.
            ClientError: AWS refuses.
        """
        self._delete_endpoint()
        configs = list_configs(self.sagemaker, group=self.group)
        models = list_models(self.sagemaker, group=self.group)
        for name in configs:
            self.deadline.check(f"deleting the configuration {name}")
            remove_config(self.sagemaker, name)
        for name in models:
            self.deadline.check(f"deleting the model {name}")
            remove_model(self.sagemaker, name)
        if self.champion_parameter:
            forget_record(self.ssm, self.champion_parameter)
        if self.log_group:
            self._delete_log_group()
        return sorted({*configs, *models})

    def _delete_endpoint(self) -> None:
        while (endpoint := find_endpoint(self.sagemaker, self.endpoint_name)) is not None:
            self.deadline.check(f"waiting until the endpoint is gone ({endpoint})")
            if endpoint.status != DELETING:
                delete_endpoint(self.sagemaker, self.endpoint_name)
            self.sleep(_POLL_SECONDS)

    def _delete_log_group(self) -> None:
        # SageMaker lets it grow without end, and what it holds is billed.
        try:
            self.logs.delete_log_group(logGroupName=self.log_group)
        except ClientError as error:
            if not is_missing(error):
                raise
