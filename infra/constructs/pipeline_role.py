"""The role that a SageMaker pipeline acts with: start jobs, ask about them, register models."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.statements import (
    SAGEMAKER,
    list_objects,
    pass_role_to_sagemaker,
    read_objects,
    sagemaker_arn,
    use_key,
)


class PipelineRole(Construct):
    """What one workload's pipeline may do.

    SageMaker names what a pipeline makes `pipelines-<execution>-...`. Names
    of tuning jobs are at most 32 characters long and have no such beginning.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        model_package_group: str,
        job_role: iam.IRole,
        functions: tuple[lambda_.IFunction, ...],
        artifact_bucket: s3.IBucket,
        artifact_prefix: str,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(SAGEMAKER),
            description=f"Pipeline {name}",
        )
        jobs = {
            "ProcessingJob": sagemaker_arn(self, "processing-job/pipelines-*"),
            "TrainingJob": sagemaker_arn(self, "training-job/pipelines-*"),
            "HyperParameterTuningJob": sagemaker_arn(self, "hyper-parameter-tuning-job/*"),
            "TransformJob": sagemaker_arn(self, "transform-job/pipelines-*"),
        }
        packages = [
            sagemaker_arn(self, f"model-package-group/{model_package_group}"),
            sagemaker_arn(self, f"model-package/{model_package_group}/*"),
        ]
        statements = [
            iam.PolicyStatement(
                sid=f"Run{kind}s",
                actions=[
                    f"sagemaker:Create{kind}",
                    f"sagemaker:Describe{kind}",
                    f"sagemaker:Stop{kind}",
                    "sagemaker:AddTags",
                ],
                resources=[arn],
            )
            for kind, arn in jobs.items()
        ]
        statements += [
            # The properties of a tuning step are those of two calls' answers: this one and its
            # Describe ("Pipelines steps: step properties" in SageMaker's guide).
            iam.PolicyStatement(
                sid="ListTrials",
                actions=["sagemaker:ListTrainingJobsForHyperParameterTuningJob"],
                resources=[jobs["HyperParameterTuningJob"]],
            ),
            iam.PolicyStatement(
                sid="MakeModels",
                actions=[
                    "sagemaker:CreateModel",
                    "sagemaker:DescribeModel",
                    "sagemaker:AddTags",
                ],
                resources=[sagemaker_arn(self, "model/pipelines-*")],
            ),
            iam.PolicyStatement(
                sid="RegisterModels",
                actions=[
                    "sagemaker:CreateModelPackage",
                    "sagemaker:DescribeModelPackage",
                    "sagemaker:DescribeModelPackageGroup",
                    "sagemaker:AddTags",
                ],
                resources=packages,
            ),
            iam.PolicyStatement(
                sid="CallFunctions",
                actions=["lambda:InvokeFunction"],
                resources=[function.function_arn for function in functions],
            ),
            # The reports that conditions look into, and the model that is registered.
            read_objects(artifact_bucket, [artifact_prefix], sid="ReadArtifacts"),
            list_objects(artifact_bucket, [artifact_prefix], sid="ListArtifacts"),
            use_key(key, write=False),
            pass_role_to_sagemaker(job_role),
        ]
        for statement in statements:
            self.role.add_to_policy(statement)
