"""How the local cloud treats requests to endpoints (``sagemaker-runtime``)."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import Family, ignored, refused, treatment, works

FAMILY = Family(
    title="SageMaker Runtime",
    actions={
        "InvokeEndpoint": treatment(
            works("EndpointName", "Body", "ContentType", "Accept", "CustomAttributes"),
            works("TargetVariant", "InferenceId"),
            ignored("a request goes to the instance with the fewest under way", "PrefixAwareId"),
            works("TargetModel", "TargetContainerHostname"),
            refused("the local cloud has no inference components", "InferenceComponentName"),
            refused("the local cloud has no stateful sessions", "SessionId"),
            refused("the local cloud has no online explanations", "EnableExplanations"),
        ),
        "InvokeEndpointWithResponseStream": treatment(
            works("EndpointName", "Body", "ContentType", "Accept", "CustomAttributes"),
            works("TargetVariant", "InferenceId"),
            ignored("a request goes to the instance with the fewest under way", "PrefixAwareId"),
            works("TargetContainerHostname"),
            refused("the local cloud has no inference components", "InferenceComponentName"),
            refused("the local cloud has no stateful sessions", "SessionId"),
        ),
        "InvokeEndpointAsync": works(
            "EndpointName",
            "Body",
            "ContentType",
            "Accept",
            "CustomAttributes",
            "InferenceId",
            "InputLocation",
            "S3OutputPathExtension",
            "Filename",
            "RequestTTLSeconds",
            "InvocationTimeoutSeconds",
        ),
    },
)
