"""The account and region that the commands act in: those of the AWS CLI."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError

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

    def client(self, service: str, *, attempts: int = 6, answer_seconds: float = 60) -> Any:
        """Raises OperateError where no region is named.

        Args:
            answer_seconds: what an attempt may take to be answered.
        """
        config = Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            read_timeout=answer_seconds,
        )
        try:
            return self._session.client(service, config=config, **self._options)
        except NoRegionError as error:
            raise OperateError(f"no AWS region is named: {_WHERE}") from error

    def state_machine_arn(self, environment: str, workload: str) -> str:
        """ARN of the state machine that deploys a workload's models. Raises OperateError."""
        _, partition, _, _, account, _ = self.caller().split(":", 5)
        region = self.client("sts").meta.region_name
        name = names.deployment_state_machine_name(environment, workload)
        return f"arn:{partition}:states:{region}:{account}:stateMachine:{name}"

    def caller(self) -> str:
        """ARN of who runs the command. Raises OperateError."""
        try:
            return str(self.client("sts").get_caller_identity()["Arn"])
        except NoCredentialsError as error:
            raise OperateError(f"there are no AWS credentials: {_WHERE}") from error

    def stack_output(self, environment: str, word: str, key: str) -> str:
        """An output of the environment's stack of a word. Raises OperateError."""
        stack = names.stack_name(environment, word)
        try:
            found = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise OperateError(
                f"there is no stack {stack}: the environment is not deployed, or these are not "
                "its account and region"
            ) from error
        outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
        if key not in outputs:
            raise OperateError(
                f"the stack {stack} has no output {key}: deploy it as its settings are now "
                f"(cdk deploy --all -c env={environment})"
            )
        return str(outputs[key])
