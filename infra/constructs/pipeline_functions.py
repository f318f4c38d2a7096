"""The Lambda functions that pipelines of every workload call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.python_function import PythonFunction
from infra.constructs.statements import (
    list_objects,
    read_objects,
    sagemaker_arn,
    use_key,
    write_objects,
)

_COPY_TIMEOUT = Duration.minutes(10)
"""Within which a pipeline wants a Lambda step's answer (SageMaker's guide, "Lambda step")."""


class PipelineFunctions(Construct):
    """What pipelines call, one function of each kind for all of an environment's workloads.

    Args:
        groups: the model package groups that an approved model is sought in.
        artifact_prefixes: the workloads' parts of the artifact bucket.
        repositories: of the workloads' own images.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        groups: Sequence[str],
        artifact_prefixes: Sequence[str],
        repositories: Sequence[str],
        artifact_bucket: s3.IBucket,
        key: kms.IKey,
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self._retention = retention
        self._bucket = artifact_bucket
        self._prefixes = artifact_prefixes
        self._raise_epochs = self._make_raise_epochs()
        self._find_champion = self._make_find_champion(groups)
        self._delete_model = self._make_delete_model()
        self._describe_image = self._make_describe_image(repositories) if repositories else None

    @property
    def raise_epochs(self) -> lambda_.IFunction:
        """Reads the winner of a tuning job."""
        return self._raise_epochs.function

    @property
    def find_champion(self) -> lambda_.IFunction:
        """Lays the approved model beside a run's files."""
        return self._find_champion.function

    @property
    def delete_model(self) -> lambda_.IFunction:
        """Deletes the model that a pipeline made for a batch transform."""
        return self._delete_model.function

    @property
    def describe_image(self) -> lambda_.IFunction | None:
        """Tells the digest of an image of our own; None where no workload has one."""
        return self._describe_image.function if self._describe_image else None

    @property
    def all(self) -> tuple[lambda_.IFunction, ...]:
        """What a pipeline's role calls."""
        every = (self.raise_epochs, self.find_champion, self.delete_model, self.describe_image)
        return tuple(function for function in every if function is not None)

    def _make_raise_epochs(self) -> PythonFunction:
        function = self._function("RaiseEpochs", "raise_epochs", "Reads the winner of a tuning job")
        function.allow(
            iam.PolicyStatement(
                sid="ReadTrials",
                actions=[
                    "sagemaker:DescribeHyperParameterTuningJob",
                    "sagemaker:DescribeTrainingJob",
                    "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
                ],
                # Trials are named after their tuning job, and that by SageMaker.
                resources=[
                    sagemaker_arn(self, "hyper-parameter-tuning-job/*"),
                    sagemaker_arn(self, "training-job/*"),
                ],
            ),
            write_objects(self._bucket, self._run_prefixes("tuning"), sid="WriteTrials"),
            use_key(self._key, write=True),
        )
        return function

    def _make_find_champion(self, groups: Sequence[str]) -> PythonFunction:
        function = self._function(
            "FindChampion",
            "find_champion",
            "Lays the approved model beside the files of a run",
            timeout=_COPY_TIMEOUT,
        )
        function.allow(
            iam.PolicyStatement(
                sid="FindApprovedModels",
                actions=["sagemaker:ListModelPackages", "sagemaker:DescribeModelPackage"],
                resources=[sagemaker_arn(self, f"model-package/{group}/*") for group in groups],
            ),
            read_objects(self._bucket, self._prefixes, sid="ReadArtifacts"),
            list_objects(self._bucket, self._prefixes, sid="ListArtifacts"),
            write_objects(
                self._bucket,
                [*self._run_prefixes("champion"), *self._run_prefixes("checkpoints")],
                sid="CopyModels",
            ),
            use_key(self._key, write=True),
        )
        return function

    def _make_delete_model(self) -> PythonFunction:
        function = self._function(
            "DeleteModels", "delete_model", "Deletes the model of a batch transform"
        )
        function.allow(
            iam.PolicyStatement(
                sid="DeleteModels",
                actions=["sagemaker:DeleteModel"],
                resources=[sagemaker_arn(self, "model/pipelines-*")],
            )
        )
        return function

    def _make_describe_image(self, repositories: Sequence[str]) -> PythonFunction:
        function = self._function(
            "DescribeImage", "describe_image", "Tells the digest of an image of our own"
        )
        stack = Stack.of(self)
        base = f"arn:{stack.partition}:ecr:{stack.region}:{stack.account}:repository/"
        function.allow(
            iam.PolicyStatement(
                sid="FindImages",
                actions=["ecr:DescribeImages"],
                resources=[f"{base}{repository}" for repository in repositories],
            )
        )
        return function

    def _run_prefixes(self, name: str) -> list[str]:
        return [f"{prefix}*/{name}/" for prefix in self._prefixes]

    def _function(
        self,
        construct_id: str,
        handler: str,
        description: str,
        *,
        timeout: Duration | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> PythonFunction:
        return PythonFunction(
            self,
            construct_id,
            word="training",
            handler=handler,
            description=description,
            environment=environment or {},
            key=self._key,
            retention=self._retention,
            timeout=timeout or Duration.seconds(60),
        )
