"""The running local cloud as the demo's own programs see it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from local_cloud import process
from local_cloud.settings import LocalCloudSettings

# They would send the demo's calls to somebody's real account, or fail them.
FOREIGN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")


class Cloud:
    """A running local cloud, seen through boto3."""

    def __init__(self, settings: LocalCloudSettings) -> None:
        self.settings = settings
        self._keys = process.client_environment(settings)

    @property
    def environment(self) -> dict[str, str]:
        """For programs that are to see this cloud and no other account: the CDK CLI."""
        return {**without_foreign(os.environ), **self._keys}

    def client(self, service: str) -> Any:
        # By key, secret and endpoint: whatever profile or proxy the user's shell names.
        return boto3.client(
            service,
            aws_access_key_id=self._keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self._keys["AWS_SECRET_ACCESS_KEY"],
            region_name=self.settings.region,
            endpoint_url=self.settings.endpoint_url,
            verify=str(self.settings.ca_bundle),
            config=Config(proxies={}),
        )


def without_foreign(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what names another AWS account's profile or session."""
    return {name: value for name, value in environment.items() if name not in FOREIGN}
