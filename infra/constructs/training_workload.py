"""All that stands behind the training of one workload."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct, IDependable

from contracts import names
from infra.constructs.job_role import JobRole
from infra.constructs.on_delete import MAX_DURATION, OnDelete
from infra.constructs.pipeline_functions import PipelineFunctions
from infra.constructs.pipeline_role import PipelineRole
from infra.constructs.python_function import PythonFunction
from infra.constructs.source_asset import SourceAsset
from infra.constructs.statements import sagemaker_arn
from infra.constructs.training_pipeline import TrainingPipeline
from infra.pipeline.resources import PipelineResources
from infra.pipeline.workload_images import workload_images
from infra.settings import EnvironmentSettings, WorkloadSettings


class TrainingWorkload(Construct):
    """Source archive, job role, pipeline role, pipeline and model package group."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: WorkloadSettings,
        environment: EnvironmentSettings,
        data_bucket: s3.IBucket,
        artifact_bucket: s3.IBucket,
        key: kms.IKey,
        retention: logs.RetentionDays,
        functions: PipelineFunctions,
        own_image_uri: str | None = None,
        git_commit: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        names.check_length(environment.name, workload.name)
        self._key = key
        self._retention = retention
        pipeline_name = names.pipeline_name(environment.name, workload.name)
        group_name = names.model_package_group_name(environment.name, workload.name)
        artifacts = names.artifact_prefix(workload.name)

        images = workload_images(workload, environment.region, own_image_uri)
        source = SourceAsset(self, "Source", workload=workload).asset
        job_role = JobRole(
            self,
            "Jobs",
            name=pipeline_name,
            data_bucket=data_bucket,
            read_prefixes=[
                names.upload_prefix(workload.name),
                names.dataset_prefix(workload.name),
            ],
            quarantine_prefix=names.quarantine_prefix(workload.name),
            artifact_bucket=artifact_bucket,
            artifact_prefix=artifacts,
            source=source,
            key=key,
            image_uris=images.of_jobs,
        ).role
        pipeline_role = PipelineRole(
            self,
            "Run",
            name=pipeline_name,
            model_package_group=group_name,
            job_role=job_role,
            functions=functions.all,
            artifact_bucket=artifact_bucket,
            artifact_prefix=artifacts,
            key=key,
        ).role
        self.group = sagemaker.CfnModelPackageGroup(
            self,
            "Models",
            model_package_group_name=group_name,
            model_package_group_description=workload.description or f"Models of {workload.name}",
        )
        needed: list[IDependable] = [self.group, job_role, functions]
        if environment.removal == "destroy":
            # Deleted after the pipeline, which could register another model meanwhile.
            needed.append(self._empty_group_on_delete(group_name))
        else:
            self.group.apply_removal_policy(RemovalPolicy.RETAIN)
        self.pipeline = TrainingPipeline(
            self,
            "Pipeline",
            workload=workload,
            environment=environment,
            resources=PipelineResources(
                pipeline_name=pipeline_name,
                role_arn=job_role.role_arn,
                artifact_bucket_name=artifact_bucket.bucket_name,
                data_bucket_name=data_bucket.bucket_name,
                kms_key_arn=key.key_arn,
                code_uri=source.s3_object_url,
                raise_epochs_function_arn=functions.raise_epochs.function_arn,
                find_champion_function_arn=functions.find_champion.function_arn,
                delete_model_function_arn=functions.delete_model.function_arn,
                model_package_group_name=group_name,
                describe_image_function_arn=(
                    functions.describe_image.function_arn if functions.describe_image else None
                ),
                own_image_uri=own_image_uri,
                git_commit=git_commit,
            ),
            pipeline_role=pipeline_role,
        ).pipeline
        self.pipeline.node.add_dependency(*needed)

    def _empty_group_on_delete(self, group_name: str) -> OnDelete:
        function = PythonFunction(
            self,
            "EmptyModelPackageGroup",
            word="training",
            handler="empty_model_package_group",
            description="Deletes a group's model packages when its stack is deleted",
            environment={},
            key=self._key,
            retention=self._retention,
            timeout=MAX_DURATION,
        )
        function.allow(
            iam.PolicyStatement(
                sid="FindAndDeletePackages",
                actions=["sagemaker:ListModelPackages", "sagemaker:DeleteModelPackage"],
                resources=[sagemaker_arn(self, f"model-package/{group_name}/*")],
            ),
        )
        return OnDelete(
            self,
            "OnDelete",
            function=function.function,
            resource_type="Custom::EmptyModelPackageGroup",
            properties={"ModelPackageGroupName": group_name},
            before=(self.group,),
        )
