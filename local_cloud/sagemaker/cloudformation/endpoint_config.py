"""AWS::SageMaker::EndpointConfig. Everything but its tags is replaced."""

from __future__ import annotations

from local_cloud.sagemaker.cloudformation.resource import Resource


class EndpointConfigResource(Resource):
    noun = "EndpointConfig"
    replacing = (
        "AsyncInferenceConfig",
        "DataCaptureConfig",
        "EnableNetworkIsolation",
        "EndpointConfigName",
        "ExecutionRoleArn",
        "ExplainerConfig",
        "KmsKeyId",
        "MetricsConfig",
        "ProductionVariants",
        "ShadowProductionVariants",
        "VpcConfig",
    )
