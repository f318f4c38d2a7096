"""All that stands behind the deployment of one workload's models."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from contracts import names
from infra.constructs.approval_rule import ApprovalRule
from infra.constructs.async_topics import AsyncTopics
from infra.constructs.batch_access import batch_access
from infra.constructs.deployment_alarms import DeploymentAlarms
from infra.constructs.deployment_approval import DeploymentApproval
from infra.constructs.deployment_functions import DeploymentFunctions
from infra.constructs.deployment_hours import DeploymentHours
from infra.constructs.deployment_machine import calls_of_aws, deployment_machine
from infra.constructs.deployment_resources import DeploymentResources
from infra.constructs.deployment_scaling import DeploymentScaling
from infra.constructs.model_role import ModelRole, written_prefixes
from infra.constructs.on_delete import MAX_DURATION, OnDelete
from infra.constructs.python_function import PythonFunction
from infra.constructs.shadow_comparison import ShadowComparison
from infra.constructs.split_looks import SplitLooks
from infra.pipeline.workload_images import workload_images
from infra.serving_contract import serving_contract
from infra.settings import EnvironmentSettings, WorkloadSettings
from infra.settings.instance_types import has_local_storage


class DeploymentWorkload(Construct):
    """Model role, functions, state machine, approval rule and, at the end, the tear-down.

    Args:
        promoted_image_uris: images that packages may bring from other environments.
        approval: asks a person within each deployment; None where nobody is asked.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: WorkloadSettings,
        environment: EnvironmentSettings,
        artifact_bucket: s3.IBucket,
        data_bucket: s3.IBucket,
        key: kms.IKey,
        alerts: sns.ITopic,
        retention: logs.RetentionDays,
        own_image_uri: str | None = None,
        promoted_image_uris: Sequence[str] = (),
        approval: DeploymentApproval | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self._retention = retention
        self._resources = DeploymentResources(
            self,
            endpoint_name=names.endpoint_name(environment.name, workload.name),
            model_package_group=names.model_package_group_name(environment.name, workload.name),
            champion_parameter=names.champion_parameter(environment.name, workload.name),
        )
        name = names.deployment_state_machine_name(environment.name, workload.name)
        artifacts = names.artifact_prefix(workload.name)
        serving = serving_contract(workload.serving)
        topics = self.topics = (
            AsyncTopics(self, "Answers", endpoint_name=self._resources.endpoint_name, key=key)
            if serving.mode == "async"
            else None
        )
        image_uris = [
            workload_images(workload, environment.region, own_image_uri).serve,
            *promoted_image_uris,
        ]
        model_role = ModelRole(
            self,
            "Model",
            endpoint_name=self._resources.endpoint_name,
            artifact_bucket=artifact_bucket,
            artifact_prefix=artifacts,
            key=key,
            image_uris=image_uris,
            written_prefixes=written_prefixes(serving, workload.name),
            topics=(topics.success, topics.error) if topics else (),
            vpc=serving.vpc,
        ).role
        if workload.serving.batch is not None:
            for statement in batch_access(
                self, workload=workload.name, data_bucket=data_bucket, key=key
            ):
                model_role.add_to_policy(statement)
        # SageMaker refuses a key for instance types with storage of their own.
        instance_type = workload.serving.instance_type
        alarms = DeploymentAlarms(
            self,
            "Guards",
            environment_name=environment.name,
            workload_name=workload.name,
            serving=serving,
        )
        settings = environment.deployment
        functions = DeploymentFunctions(
            self,
            "Functions",
            resources=self._resources,
            model_role=model_role,
            volume_key_arn="" if has_local_storage(instance_type) else key.key_arn,
            serving=serving,
            success_topic_arn=topics.success.topic_arn if topics else "",
            error_topic_arn=topics.error.topic_arn if topics else "",
            alarms=alarms,
            endpoints=[
                names.endpoint_name(environment.name, each) for each in environment.workloads
            ],
            image_uris=image_uris,
            bake_seconds=settings.bake_seconds,
            timeout_seconds=settings.timeout_minutes * 60,
            environment_name=environment.name,
            workload_name=workload.name,
            max_smoke_failures=settings.max_smoke_failures,
            artifact_bucket=artifact_bucket,
            data_bucket=data_bucket,
            artifact_prefix=artifacts,
            key=key,
            retention=retention,
        )
        comparison = (
            ShadowComparison(
                self,
                "Shadow",
                resources=self._resources,
                serving=serving,
                workload_name=workload.name,
                artifact_bucket=artifact_bucket,
                key=key,
                retention=retention,
            ).compare
            if serving.update == "shadow"
            else None
        )
        scaling = (
            DeploymentScaling(
                self,
                "Scaling",
                resources=self._resources,
                serving=serving,
                key=key,
                retention=retention,
            )
            if serving.scales
            else None
        )
        machine = deployment_machine(
            self,
            "Deploy",
            name=name,
            settings=settings,
            serving=serving,
            resources=self._resources,
            functions=functions,
            comparison=comparison,
            scaling=scaling,
            ask=approval.ask if approval else None,
            approval_call=approval.call(workload.name) if approval else None,
            alerts=alerts,
            key=key,
            retention=retention,
        )
        for statement in calls_of_aws(
            self, name=name, resources=self._resources, model_role=model_role, key=key
        ):
            machine.role.add_to_policy(statement)
        # SageMaker asks it of who updates the endpoint and of the role that the endpoint has
        # (developer guide, "Auto-Rollback Configuration and Monitoring").
        for statement in alarms.describe():
            machine.role.add_to_policy(statement)
            model_role.add_to_principal_policy(statement)
        self.state_machine = machine.state_machine
        rule = ApprovalRule(
            self,
            "Approval",
            name=name,
            model_package_group=self._resources.model_package_group,
            state_machine=self.state_machine,
            alerts=alerts,
        )
        if workload.serving.hours is not None:
            DeploymentHours(
                self,
                "Hours",
                name=self._resources.endpoint_name,
                hours=workload.serving.hours,
                state_machine_arn=self.state_machine.state_machine_arn,
            )
        if serving.split_steps or serving.winner:
            SplitLooks(
                self,
                "Looks",
                name=self._resources.endpoint_name,
                serving=serving,
                state_machine_arn=self.state_machine.state_machine_arn,
            )
        # An approval must not come while the roles' policies are still being written.
        rule.node.add_dependency(model_role, machine.role, functions)
        # Deleted first, so that no deployment makes the endpoint anew while it is torn down.
        tear_down = self._tear_down(model_role, keep_logs=environment.removal == "retain")
        for deleted_before in (rule, machine):
            deleted_before.node.add_dependency(tear_down)

    def _tear_down(self, model_role: iam.IRole, *, keep_logs: bool) -> OnDelete:
        # CloudFormation did not make the endpoint; left behind, it would go on to be billed.
        function = PythonFunction(
            self,
            "TearDown",
            word="deployment",
            handler="tear_down",
            description="Deletes the endpoint and its models when their stack is deleted",
            environment={},
            key=self._key,
            retention=self._retention,
            timeout=MAX_DURATION,
        )
        function.allow(
            self._resources.statement(
                "DeleteEndpoint", ["DescribeEndpoint", "DeleteEndpoint"], "endpoint"
            ),
            *self._resources.delete_models(),
            self._resources.find_models(),
            self._resources.forget_champion(),
        )
        if not keep_logs:
            function.allow(self._resources.delete_logs())
        return OnDelete(
            self,
            "OnDelete",
            function=function.function,
            resource_type="Custom::TearDownEndpoint",
            properties={
                "EndpointName": self._resources.endpoint_name,
                "NamePrefix": self._resources.name_prefix,
                "ChampionParameter": self._resources.champion_parameter,
                **({} if keep_logs else {"LogGroup": self._resources.log_group}),
            },
            # The endpoint acts with the role until it is gone.
            before=(model_role,),
        )
