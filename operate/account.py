"""The account and region that the commands act in: those of the AWS CLI."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import NoCredentialsError, NoRegionError

from contracts import names
from operate.errors import OperateError

_WHERE = (
    "name the environment's account and region as for the AWS CLI (AWS_PROFILE, AWS_REGION); "
    'for the local cloud: eval "$(make -s env)"'
)


class Account:
    """boto3 clients.

    Args:
        session: one of boto3's.
        options: further arguments of each client, such as `endpoint_url`.
    """

    def __init__(self, session: Any = None, **options: Any) -> None:
        self._session = session or boto3.Session()
        self._options = options

    def client(self, service: str) -> Any:
        """Raises OperateError where no region is named."""
        config = Config(retries={"mode": "standard", "total_max_attempts": 6})
        try:
            return self._session.client(service, config=config, **self._options)
        except NoRegionError as error:
            raise OperateError(f"no AWS region is named: {_WHERE}") from error

    def state_machine_arn(self, environment: str, workload: str) -> str:
        """ARN of the state machine that deploys a workload's models. Raises OperateError."""
        sts = self.client("sts")
        try:
            caller = sts.get_caller_identity()["Arn"]
        except NoCredentialsError as error:
            raise OperateError(f"there are no AWS credentials: {_WHERE}") from error
        _, partition, _, _, account, _ = caller.split(":", 5)
        name = names.deployment_state_machine_name(environment, workload)
        return f"arn:{partition}:states:{sts.meta.region_name}:{account}:stateMachine:{name}"
