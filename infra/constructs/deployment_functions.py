"""The functions of deployment and what each of them may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts import names
from contracts.outcomes import outcomes_prefix
from contracts.serving import ASYNC, Serving
from infra.constructs.deployment_alarms import DeploymentAlarms
from infra.constructs.deployment_resources import DeploymentResources
from infra.constructs.python_function import PythonFunction
from infra.constructs.statements import (
    encrypt_volumes,
    find_images,
    list_objects,
    read_objects,
    sagemaker_arn,
    use_key,
)

_SHORT = Duration.seconds(60)
# Every sample once, each at most as long as an endpoint may take to answer (60 seconds).
_SMOKE_TEST = Duration.minutes(14)


class DeploymentFunctions(Construct):
    """plan, preflight, smoke_test, roll_back and clean_up, which the state machine calls.

    Args:
        model_role: given to the models that are created.
        environment_name, workload_name: for the commands that people are told.
        serving: how the model serves.
        data_bucket: holds recorded outcomes, where they end splits.
        success_topic_arn, error_topic_arn: hear of asynchronous requests; empty in other modes.
        alarms: that roll an update back.
        endpoints: names of all endpoints of the environment, whose instances count as well.
        image_uris: that a package may name.
        bake_seconds: that the old instances are kept after the last step of an update.
        timeout_seconds: that an endpoint may take to be in service, besides an update's waits.
        volume_key_arn: encrypts the endpoint's volumes; empty for instance types with storage
            of their own, which is encrypted by the hardware.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        resources: DeploymentResources,
        model_role: iam.IRole,
        volume_key_arn: str,
        serving: Serving,
        environment_name: str,
        workload_name: str,
        max_smoke_failures: int,
        alarms: DeploymentAlarms,
        endpoints: Sequence[str],
        image_uris: Sequence[str],
        bake_seconds: int,
        timeout_seconds: int,
        artifact_bucket: s3.IBucket,
        data_bucket: s3.IBucket,
        artifact_prefix: str,
        key: kms.IKey,
        retention: logs.RetentionDays,
        success_topic_arn: str = "",
        error_topic_arn: str = "",
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self._retention = retention
        self._endpoint_name = resources.endpoint_name
        group = {"MODEL_PACKAGE_GROUP": resources.model_package_group}

        self.plan = self._function(
            "Plan",
            "plan",
            "Says what to ask of SageMaker for an approved model package",
            environment={
                **group,
                "MODEL_ROLE_ARN": model_role.role_arn,
                "SERVING": serving.to_json(),
                "KMS_KEY_ARN": volume_key_arn,
                "ARTIFACT_BUCKET": artifact_bucket.bucket_name,
                "OUTPUT_KEY_ARN": key.key_arn,
                "SUCCESS_TOPIC_ARN": success_topic_arn,
                "ERROR_TOPIC_ARN": error_topic_arn,
                "ENVIRONMENT": environment_name,
                "WORKLOAD": workload_name,
                "CHAMPION_PARAMETER": resources.champion_parameter,
                "ALARMS": ",".join(alarms.names),
                "BAKE_SECONDS": str(bake_seconds),
                "TIMEOUT_SECONDS": str(timeout_seconds),
                "OUTCOME_BUCKET": data_bucket.bucket_name if serving.winner else "",
            },
            # A winner is found in all files of outcomes.
            timeout=_SMOKE_TEST if serving.winner else _SHORT,
            memory_mb=1024 if serving.winner else 256,
        )
        self.plan.allow(
            resources.statement("ReadPackage", ["DescribeModelPackage"], "packages"),
            resources.statement("ReadConfig", ["DescribeEndpointConfig"], "configs"),
            resources.statement("ReadModel", ["DescribeModel"], "models"),
            resources.statement("LookAtEndpoint", ["DescribeEndpoint"], "endpoint"),
            *resources.delete_models(),
            resources.statement("DeleteFailedEndpoint", ["DeleteEndpoint"], "endpoint"),
            resources.read_champion(),
            iam.PolicyStatement(
                sid="ReadReports",
                actions=["s3:GetObject"],
                resources=[
                    artifact_bucket.arn_for_objects(names.evaluation_report_key(workload_name, "*"))
                ],
            ),
            use_key(key, write=False),
        )
        self.preflight = self._function(
            "Preflight",
            "preflight",
            "Finds out whether a deployment could succeed before anything is made",
            environment={
                "ACCOUNT": Stack.of(self).account,
                "SERVING": serving.to_json(),
                "ENDPOINTS": ",".join(endpoints),
                "ALARMS": ",".join(alarms.names),
            },
            # The whole model is read once for its digest.
            timeout=_SMOKE_TEST,
            memory_mb=1024,
        )
        self.preflight.allow(
            resources.statement("ReadPackage", ["DescribeModelPackage"], "packages"),
            _look_at_endpoints(self, endpoints),
            read_objects(artifact_bucket, [artifact_prefix], sid="ReadModel"),
            list_objects(artifact_bucket, [artifact_prefix], sid="ListModels"),
            use_key(key, write=False),
            *find_images(self, image_uris),
            *alarms.describe(),
            iam.PolicyStatement(
                sid="ReadCapacity",
                actions=["servicequotas:ListServiceQuotas", "ec2:DescribeInstanceTypeOfferings"],
                resources=["*"],
            ),
        )
        if serving.winner:
            outcomes = [outcomes_prefix(workload_name)]
            self.plan.allow(
                read_objects(data_bucket, outcomes, sid="ReadOutcomes"),
                list_objects(data_bucket, outcomes, sid="ListOutcomes"),
            )
        if serving.update == "shadow":
            self.plan.allow(
                resources.statement("TakeShadowAway", ["UpdateEndpoint"], "endpoint", "configs"),
                *encrypt_volumes(key),
            )
        self.smoke_test = self._function(
            "SmokeTest",
            "smoke_test",
            "Asks the endpoint about held-out samples",
            environment={"MODE": serving.mode, "MAX_FAILURES": str(max_smoke_failures)},
            timeout=_SMOKE_TEST,
            memory_mb=512,
        )
        self.smoke_test.allow(
            resources.statement(
                "AskEndpoint",
                ["InvokeEndpointAsync" if serving.mode == ASYNC else "InvokeEndpoint"],
                "endpoint",
            ),
            read_objects(artifact_bucket, [artifact_prefix], sid="ReadSamples"),
            list_objects(artifact_bucket, [artifact_prefix], sid="ListSamples"),
            use_key(key, write=False),
            resources.publish_metrics(),
        )
        self.roll_back = self._function(
            "RollBack", "roll_back", "Brings back what served before", environment={}
        )
        self.roll_back.allow(
            resources.statement(
                "ChangeEndpoint", ["DescribeEndpoint", "DeleteEndpoint"], "endpoint"
            ),
            resources.statement("BringBack", ["UpdateEndpoint"], "endpoint", "configs"),
            resources.statement(
                "BringBackShares", ["UpdateEndpointWeightsAndCapacities"], "endpoint"
            ),
            *resources.delete_models(),
            *encrypt_volumes(key),
        )
        self.clean_up = self._function(
            "CleanUp",
            "clean_up",
            "Deletes models and configurations that no deployment needs any more",
            environment=group,
        )
        self.clean_up.allow(
            resources.statement("LookAtEndpoint", ["DescribeEndpoint"], "endpoint"),
            resources.statement("RejectLoser", ["UpdateModelPackage"], "packages"),
            *resources.delete_models(),
            resources.find_models(),
        )

    @property
    def all(self) -> tuple[PythonFunction, ...]:
        """All of them."""
        return (self.plan, self.preflight, self.smoke_test, self.roll_back, self.clean_up)

    def _function(
        self,
        name: str,
        handler: str,
        description: str,
        *,
        environment: Mapping[str, str],
        timeout: Duration = _SHORT,
        memory_mb: int = 256,
    ) -> PythonFunction:
        return PythonFunction(
            self,
            name,
            word="deployment",
            handler=handler,
            description=description,
            environment={"ENDPOINT_NAME": self._endpoint_name, **environment},
            key=self._key,
            retention=self._retention,
            timeout=timeout,
            memory_mb=memory_mb,
        )


def _look_at_endpoints(scope: Construct, endpoints: Sequence[str]) -> iam.PolicyStatement:
    """Endpoints of the environment, and the configurations that deployments made for them."""
    return iam.PolicyStatement(
        sid="LookAtEndpoints",
        actions=["sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig"],
        resources=[
            sagemaker_arn(scope, resource)
            for name in endpoints
            for resource in (f"endpoint/{name}", f"endpoint-config/{name}-v*")
        ],
    )
