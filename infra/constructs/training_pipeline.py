"""The SageMaker pipeline of a workload and the group its models are registered in."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.checks.pipeline_definition import check_definition
from infra.pipeline.resources import PipelineResources
from infra.pipeline.workload_pipeline import build_definition
from infra.settings import EnvironmentSettings, WorkloadSettings


class TrainingPipeline(Construct):
    """A pipeline whose definition is built, checked and written into the template at synth."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: WorkloadSettings,
        environment: EnvironmentSettings,
        resources: PipelineResources,
        pipeline_role: iam.IRole,
    ) -> None:
        super().__init__(scope, construct_id)
        definition = build_definition(
            workload=workload, environment=environment, resources=resources
        )
        stack = Stack.of(self)
        check_definition(definition)
        self.pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=resources.pipeline_name,
            pipeline_display_name=resources.pipeline_name,
            pipeline_description=workload.description or f"Trains {workload.name}",
            pipeline_definition={"PipelineDefinitionBody": stack.to_json_string(definition)},
            role_arn=pipeline_role.role_arn,
        )
        # The role's policy is a resource of its own: a run that starts in between would fail.
        self.pipeline.node.add_dependency(pipeline_role)
