"""The environment variables of the server, of its clients, and of the jobs it runs."""

from __future__ import annotations

import os

from local_cloud import sagemaker_sdk
from local_cloud.settings import LocalCloudSettings

OWN_HOSTS = ("localhost", ".localhost", "127.0.0.1")
ROOT_ACCESS_KEY = "test"
ROOT_SECRET_KEY = "test"  # noqa: S105 - MiniStack's fixed root key; it opens this machine only


def server_environment(settings: LocalCloudSettings) -> dict[str, str]:
    """What MiniStack and the Lambda workers that it starts read."""
    return {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(settings.port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": settings.region,
        "MINISTACK_ACCOUNT_ID": settings.account_id,
        "AUTH": "true",
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(settings.certificate),
        "MINISTACK_SSL_KEY": str(settings.private_key),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(settings.ministack_dir),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(settings.objects_dir),
        # Wait states, and the intervals of retries and of looking at jobs.
        "SFN_WAIT_SCALE": str(settings.shortened(1.0)),
        # Lambda workers' folders: a killed server leaves them behind.
        "TMPDIR": str(settings.temporary_dir),
        **trust_environment(settings),
        **direct_environment(),
    }


def direct_environment() -> dict[str, str]:
    """What keeps a user's proxy out of the way to this machine itself."""
    names = ("NO_PROXY", "no_proxy")
    given = next((os.environ[name] for name in names if os.environ.get(name)), "")
    hosts = [host for host in given.split(",") if host and host not in OWN_HOSTS]
    return dict.fromkeys(names, ",".join([*hosts, *OWN_HOSTS]))


def trust_environment(settings: LocalCloudSettings) -> dict[str, str]:
    """What makes Python, the AWS SDKs and Node trust the server's certificate."""
    bundle = str(settings.ca_bundle)
    return {
        "SSL_CERT_FILE": bundle,
        "REQUESTS_CA_BUNDLE": bundle,
        "AWS_CA_BUNDLE": bundle,
        "NODE_EXTRA_CA_CERTS": str(settings.certificate),
    }


def endpoint_environment(settings: LocalCloudSettings) -> dict[str, str]:
    """What points any AWS SDK at this local cloud, whoever calls."""
    return {
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "AWS_ENDPOINT_URL_S3": settings.endpoint_url,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        **trust_environment(settings),
    }


def client_environment(settings: LocalCloudSettings) -> dict[str, str]:
    """For the AWS CLI, the CDK CLI and SDKs: the endpoint, and the account's root keys; and what
    the SageMaker Python SDK needs besides."""
    return {
        **endpoint_environment(settings),
        **direct_environment(),
        "AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET_KEY,
        sagemaker_sdk.VARIABLE: str(settings.sdk_defaults),
    }
