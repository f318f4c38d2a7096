"""What an endpoint configuration says besides its variants: capture, asynchronous answers, keys."""

from __future__ import annotations

from typing import Any

from contracts import names
from lambdas.deployment.settings import PlanSettings


def config_options(settings: PlanSettings, *, capture_percent: int | None = None) -> dict[str, Any]:
    """Members of CreateEndpointConfig.

    Args:
        capture_percent: of requests and answers that are captured at least, whatever the
            settings say, for a comparison of two models; None for what the settings say.
    """
    serving = settings.serving
    options: dict[str, Any] = {}
    # The key is for the volumes of instances.
    if settings.kms_key_arn and serving.mode != "serverless":
        options["KmsKeyId"] = settings.kms_key_arn
    percent = max(capture_percent or 0, serving.data_capture_percent or 0)
    if percent:
        options["DataCaptureConfig"] = _data_capture(settings, percent)
    if serving.asynchronous is not None:
        options["AsyncInferenceConfig"] = _asynchronous(settings)
    return options


def _data_capture(settings: PlanSettings, percent: int) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": percent,
        "DestinationS3Uri": settings.artifact_uri(names.captured_prefix(settings.workload)),
        "KmsKeyId": settings.output_key_arn,
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        # What is not named here is captured in base64.
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json"],
        },
    }


def _asynchronous(settings: PlanSettings) -> dict[str, Any]:
    prefix = names.async_prefix(settings.workload)
    config: dict[str, Any] = {
        "OutputConfig": {
            "S3OutputPath": settings.artifact_uri(f"{prefix}answers/"),
            "S3FailurePath": settings.artifact_uri(f"{prefix}failures/"),
            "KmsKeyId": settings.output_key_arn,
            "NotificationConfig": {
                "SuccessTopic": settings.success_topic_arn,
                "ErrorTopic": settings.error_topic_arn,
            },
        }
    }
    asynchronous = settings.serving.asynchronous
    if asynchronous is not None and asynchronous.max_concurrent_per_instance is not None:
        most = asynchronous.max_concurrent_per_instance
        config["ClientConfig"] = {"MaxConcurrentInvocationsPerInstance": most}
    return config
