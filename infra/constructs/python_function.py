"""A Lambda function in Python with a role, a log group and nothing that it does not need."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.assets import staged_folder

RUNTIME = lambda_.Runtime.PYTHON_3_14


class PythonFunction(Construct):
    """One function of `lambdas/`.

    Its role holds no managed policy: only writing to its own log group and X-Ray's calls,
    to which callers add what the handler needs.

    Args:
        word: the stage, whose folder in `lambdas/` the function is in.
        handler: name of the function in that folder's `handler.py`.
        key: encrypts the log group.
        timeout: after which Lambda stops the handler.
        memory_mb: memory, and with it the share of CPU.
        dead_letters: gets, with the error, each event that was handed over asynchronously and
            that the handler failed on three times.
        role_name: of the function's role, where another account has to know it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        word: str,
        handler: str,
        description: str,
        environment: Mapping[str, str],
        key: kms.IKey,
        retention: logs.RetentionDays,
        timeout: Duration,
        memory_mb: int = 256,
        dead_letters: sqs.IQueue | None = None,
        role_name: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            retention=retention,
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=role_name,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"{description} ({Stack.of(self).stack_name})",
        )
        self.log_group.grant_write(self.role)
        with staged_folder(packages=("contracts", "lambdas/shared", f"lambdas/{word}")) as folder:
            code = lambda_.Code.from_asset(str(folder))
            self.function = lambda_.Function(
                self,
                "Function",
                runtime=RUNTIME,
                architecture=lambda_.Architecture.ARM_64,
                code=code,
                handler=f"lambdas.{word}.handler.{handler}",
                description=description,
                environment=dict(environment),
                role=self.role,
                log_group=self.log_group,
                logging_format=lambda_.LoggingFormat.JSON,
                tracing=lambda_.Tracing.ACTIVE,
                timeout=timeout,
                memory_size=memory_mb,
            )
        if dead_letters is not None:
            self._keep_failures(dead_letters)

    def allow(self, *statements: iam.PolicyStatement) -> None:
        """Add to what the handler may do."""
        for statement in statements:
            self.role.add_to_policy(statement)

    def _keep_failures(self, queue: sqs.IQueue) -> None:
        self.allow(
            iam.PolicyStatement(
                sid="KeepFailures", actions=["sqs:SendMessage"], resources=[queue.queue_arn]
            )
        )
        # Lambda asks at once whether the role may send: the role's policy must be there.
        lambda_.CfnEventInvokeConfig(
            self,
            "OnFailure",
            function_name=self.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            destination_config={"onFailure": {"destination": queue.queue_arn}},
        ).node.add_dependency(self.role)
