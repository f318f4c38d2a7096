"""Training: one SageMaker pipeline a workload, and the group its models are registered in."""

from __future__ import annotations

from aws_cdk import CfnOutput
from constructs import Construct

from contracts import names
from infra.constructs.pipeline_functions import PipelineFunctions
from infra.constructs.promotion_source import PromotionSource
from infra.constructs.training_notices import TrainingNotices
from infra.constructs.training_workload import TrainingWorkload
from infra.settings import Settings
from stacks.foundation import FoundationStack
from stacks.images import ImagesStack
from stacks.stage import StageStack


class TrainingStack(StageStack):
    """Each workload's source, roles, pipeline and model package group; notices for all.

    Where another environment takes this one's packages, the role with which it reads them.

    Args:
        images: of our own, where a workload has one.
        git_commit: that the app is synthesised from, for the lineage of models.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        foundation: FoundationStack,
        images: ImagesStack | None,
        git_commit: str | None,
    ) -> None:
        super().__init__(scope, word="training", settings=settings)
        environment = settings.environment
        if images is not None:
            # It names the images without a reference to them.
            self.add_stack_dependency(images)
        notices = TrainingNotices(
            self,
            "Notices",
            environment=environment,
            data_bucket=foundation.data_bucket,
            artifact_bucket=foundation.artifact_bucket,
            alerts=foundation.alerts,
            key=foundation.key,
            retention=self.log_retention,
        )
        functions = PipelineFunctions(
            self,
            "Functions",
            groups=[
                names.model_package_group_name(environment.name, workload.name)
                for workload in settings.workloads
            ],
            artifact_prefixes=[
                names.artifact_prefix(workload.name) for workload in settings.workloads
            ],
            repositories=[
                names.image_repository(environment.name, workload.name)
                for workload in settings.workloads
                if workload.image
            ],
            artifact_bucket=foundation.artifact_bucket,
            key=foundation.key,
            retention=self.log_retention,
        )
        if settings.promotion.after:
            PromotionSource(
                self,
                "PromotionSource",
                environment=environment,
                targets=settings.promotion.after,
                artifact_bucket=foundation.artifact_bucket,
                key=foundation.key,
            )
        for workload in settings.workloads:
            training = TrainingWorkload(
                self,
                workload.name,
                workload=workload,
                environment=environment,
                data_bucket=foundation.data_bucket,
                artifact_bucket=foundation.artifact_bucket,
                key=foundation.key,
                retention=self.log_retention,
                functions=functions,
                own_image_uri=images.uris.get(workload.name) if images else None,
                git_commit=git_commit,
            )
            # No run and no model before somebody would be told of it.
            training.pipeline.node.add_dependency(notices)
            CfnOutput(
                self,
                names.output_key("PipelineName", workload.name),
                value=names.pipeline_name(environment.name, workload.name),
            )
            CfnOutput(
                self,
                names.output_key("ModelPackageGroupName", workload.name),
                value=names.model_package_group_name(environment.name, workload.name),
            )
