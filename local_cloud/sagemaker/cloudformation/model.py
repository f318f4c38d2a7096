"""AWS::SageMaker::Model. Everything but its tags is replaced."""

from __future__ import annotations

from local_cloud.sagemaker.cloudformation.resource import Resource


class ModelResource(Resource):
    noun = "Model"
    replacing = (
        "Containers",
        "EnableNetworkIsolation",
        "ExecutionRoleArn",
        "InferenceExecutionConfig",
        "ModelName",
        "PrimaryContainer",
        "VpcConfig",
    )
