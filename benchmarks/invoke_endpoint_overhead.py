"""Prints what InvokeEndpoint of the local cloud adds to the time that the model's server takes.

    python -m benchmarks.invoke_endpoint_overhead [N]

An endpoint of one instance is made in a local cloud of its own; its model answers at once. In each
of five rounds N requests (300 unless told), one after the other and each with 1 KiB of JSON, go

- to the model's server directly, over one kept connection (the peer);
- through InvokeEndpoint over one kept TLS connection, signed beforehand (the service's own time);
- through InvokeEndpoint by boto3, which signs, serialises and parses as well.

The caller is a role that may invoke this one endpoint, so that its policies are evaluated. Printed
are the median of each round and the median of these medians, as ratio and difference to the peer.
"""

from __future__ import annotations

import http.client
import io
import json
import ssl
import statistics
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from local_cloud import process
from local_cloud.environment import client_environment
from local_cloud.settings import LocalCloudSettings

ROUNDS = 5
WARM_UP = 30
NAME = "overhead"
BODY = json.dumps({"instances": ["x" * 1000]}).encode()
SERVER = Path(__file__).with_name("instant_model_server.py")
IMAGES = f"""
[[image]]
repository = "instant"
tag = "*"
serve = ["{{python}}", "{SERVER}"]
"""
Ask = Callable[[], None]


def allow(**resources: str) -> dict[str, Any]:
    """A policy: the actions of a service (``logs="arn..."``), or one (``s3__GetObject="arn..."``),
    on a resource."""
    statements = []
    for name, resource in resources.items():
        service, _, action = name.partition("__")
        named = f"{service}:{action or '*'}"
        statements.append({"Effect": "Allow", "Action": named, "Resource": resource})
    return {"Version": "2012-10-17", "Statement": statements}


class Cloud:
    """Clients of the local cloud, as the account's root or as a role."""

    def __init__(self, settings: LocalCloudSettings) -> None:
        self.settings = settings
        values = client_environment(settings)
        self._root = {
            "aws_access_key_id": values["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": values["AWS_SECRET_ACCESS_KEY"],
        }

    def client(self, name: str, session: boto3.Session | None = None) -> Any:
        given = session or boto3.Session(**self._root, region_name=self.settings.region)
        client: Any = given.client(
            name,  # type: ignore[call-overload]
            endpoint_url=self.settings.endpoint_url,
            verify=str(self.settings.ca_bundle),
        )
        return client

    def role(self, name: str, policy: dict[str, Any]) -> str:
        """The ARN of a role that SageMaker and the account may assume."""
        principal = {"AWS": self.settings.account_id, "Service": "sagemaker.amazonaws.com"}
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam = self.client("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=json.dumps(policy))
        return str(role["Role"]["Arn"])

    def session(self, role_arn: str) -> boto3.Session:
        """One with the role's credentials."""
        sts = self.client("sts")
        given = sts.assume_role(RoleArn=role_arn, RoleSessionName=NAME)["Credentials"]
        return boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=self.settings.region,
        )


@contextmanager
def cloud_in(folder: Path) -> Iterator[Cloud]:
    """A local cloud on a free port, which ends with the block."""
    (folder / "images.toml").write_text(IMAGES)
    settings = process.start(LocalCloudSettings(state_dir=folder), any_port=True)
    try:
        yield Cloud(settings)
    finally:
        process.stop(settings)


def make_endpoint(cloud: Cloud) -> None:
    """Returns once it is in service. Raises RuntimeError with its FailureReason."""
    s3, sagemaker = cloud.client("s3"), cloud.client("sagemaker")
    s3.create_bucket(Bucket=NAME)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz"):
        """A model of no files."""
    s3.put_object(Bucket=NAME, Key="model.tar.gz", Body=archive.getvalue())
    policy = allow(s3__GetObject=f"arn:aws:s3:::{NAME}/*", logs="*")
    role = cloud.role("hosting", policy)
    container = {"Image": "registry.example/instant:1", "ModelDataUrl": f"s3://{NAME}/model.tar.gz"}
    sagemaker.create_model(ModelName=NAME, PrimaryContainer=container, ExecutionRoleArn=role)
    variant = {"VariantName": "AllTraffic", "ModelName": NAME, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName=NAME, ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    while (endpoint := sagemaker.describe_endpoint(EndpointName=NAME))["EndpointStatus"] in (
        "Creating"
    ):
        time.sleep(0.1)
    if endpoint["EndpointStatus"] != "InService":
        raise RuntimeError(endpoint["FailureReason"])


def check(status: int, content: bytes) -> None:
    """Raises RuntimeError for anything but the model's answer."""
    if status != 200 or content != BODY:
        raise RuntimeError(f"answered {status} {content[:500]!r}")


def directly(port: int) -> Ask:
    """One request to the model's server itself."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask() -> None:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/invocations", body=BODY, headers=headers)
        response = connection.getresponse()
        check(response.status, response.read())

    return ask


def over_https(cloud: Cloud, session: boto3.Session, requests: int) -> Ask:
    """One InvokeEndpoint request; so many are signed now."""
    address = urlsplit(cloud.settings.endpoint_url)
    trusted = ssl.create_default_context(cafile=str(cloud.settings.ca_bundle))
    connection = http.client.HTTPSConnection(
        str(address.hostname), address.port or 443, context=trusted
    )
    path = f"/endpoints/{NAME}/invocations"
    signer: Any = SigV4Auth(session.get_credentials(), "sagemaker", cloud.settings.region)
    signed = []
    for _ in range(requests):
        request = AWSRequest(
            "POST",
            cloud.settings.endpoint_url + path,
            data=BODY,
            headers={"Content-Type": "application/json"},
        )
        signer.add_auth(request)
        signed.append(dict(request.headers.items()))

    def ask() -> None:
        connection.request("POST", path, body=BODY, headers=signed.pop())
        response = connection.getresponse()
        check(response.status, response.read())

    return ask


def by_boto3(runtime: Any) -> Ask:
    """One InvokeEndpoint request as programs make it."""

    def ask() -> None:
        answer = runtime.invoke_endpoint(
            EndpointName=NAME, Body=BODY, ContentType="application/json"
        )
        check(200, answer["Body"].read())

    return ask


def milliseconds(ask: Ask, requests: int) -> float:
    """The median of so many, after some that do not count."""
    for _ in range(WARM_UP):
        ask()
    taken = []
    for _ in range(requests):
        started = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1e3


def measure(cloud: Cloud, requests: int) -> dict[str, list[float]]:
    """The medians of the rounds, by way."""
    policy = allow(sagemaker__InvokeEndpoint=f"arn:aws:sagemaker:*:*:endpoint/{NAME}")
    session = cloud.session(cloud.role("caller", policy))
    runtime = cloud.client("sagemaker-runtime", session)
    answer = runtime.invoke_endpoint(EndpointName=NAME, Body=b"port")
    port = int(answer["Body"].read())
    medians: dict[str, list[float]] = {"directly": [], "HTTPS": [], "boto3": []}
    for _ in range(ROUNDS):
        # Signed anew each round: a signature holds for five minutes.
        signed = over_https(cloud, session, requests + WARM_UP)
        medians["directly"].append(milliseconds(directly(port), requests))
        medians["HTTPS"].append(milliseconds(signed, requests))
        medians["boto3"].append(milliseconds(by_boto3(runtime), requests))
    return medians


def main() -> int:
    """Print the medians."""
    requests = int(sys.argv[1]) if sys.argv[1:] else 300
    with tempfile.TemporaryDirectory() as folder, cloud_in(Path(folder)) as cloud:
        make_endpoint(cloud)
        medians = measure(cloud, requests)
    peer = statistics.median(medians["directly"])
    for way, found in medians.items():
        rounds = " ".join(f"{one:.2f}" for one in found)
        middle = statistics.median(found)
        print(
            f"{way:>8}: {middle:5.2f} ms  ({rounds})  "
            f"{middle / peer:5.1f} times the peer, {middle - peer:+.2f} ms"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
