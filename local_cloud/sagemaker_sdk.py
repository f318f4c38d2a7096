"""Defaults that keep the SageMaker Python SDK at the local cloud.

The SDK asks the real STS for the account when it makes up its default bucket's name, whatever
``AWS_ENDPOINT_URL`` says, and reports its use to a bucket of AWS's. Both are settings of its
defaults file, which the variable ``SAGEMAKER_USER_CONFIG_OVERRIDE`` names: "Configuring and using
defaults with the SageMaker Python SDK" in the SDK's documentation.
"""

from __future__ import annotations

from local_cloud.settings import LocalCloudSettings

VARIABLE = "SAGEMAKER_USER_CONFIG_OVERRIDE"


def default_bucket(settings: LocalCloudSettings) -> str:
    """The name that the SDK would choose: ``sagemaker-<region>-<account>``."""
    return f"sagemaker-{settings.region}-{settings.account_id}"


def write_defaults(settings: LocalCloudSettings) -> None:
    """Write the defaults file of this local cloud.

    It stands in the place of the user's own, whose roles and subnets are those of an AWS account.
    """
    settings.sdk_defaults.write_text(
        f"""\
# Written by the local cloud at each start, for the SageMaker Python SDK.
SchemaVersion: "1.0"
SageMaker:
  PythonSDK:
    Modules:
      TelemetryOptOut: true
      Session:
        DefaultS3Bucket: {default_bucket(settings)}
""",
        encoding="utf-8",
    )
