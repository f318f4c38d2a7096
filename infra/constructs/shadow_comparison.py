"""The function that compares a shadow with the model that serves."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts import names
from contracts.serving import Serving
from infra.constructs.deployment_resources import DeploymentResources
from infra.constructs.python_function import PythonFunction
from infra.constructs.statements import list_objects, read_objects, use_key


class ShadowComparison(Construct):
    """The function `compare`; only workloads with `serving.update: shadow` have it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        resources: DeploymentResources,
        serving: Serving,
        workload_name: str,
        artifact_bucket: s3.IBucket,
        key: kms.IKey,
        retention: logs.RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self.compare = PythonFunction(
            self,
            "Compare",
            word="deployment",
            handler="compare",
            description="Compares what a shadow and the model that serves answered",
            environment={
                "ENDPOINT_NAME": resources.endpoint_name,
                "WORKLOAD": workload_name,
                "ARTIFACT_BUCKET": artifact_bucket.bucket_name,
                "SERVING": serving.to_json(),
            },
            key=key,
            retention=retention,
            # Files of both models, 20,000 requests each at most.
            timeout=Duration.minutes(14),
            memory_mb=2048,
        )
        captured, all_artifacts = (
            names.captured_prefix(workload_name),
            names.artifact_prefix(workload_name),
        )
        self.compare.allow(
            read_objects(artifact_bucket, [all_artifacts], sid="ReadCapturedAndSamples"),
            list_objects(artifact_bucket, [captured], sid="ListCaptured"),
            use_key(key, write=False),
            iam.PolicyStatement(
                sid="ReadMetrics", actions=["cloudwatch:GetMetricStatistics"], resources=["*"]
            ),
        )
