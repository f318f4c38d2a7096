from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.local_cloud_fixture import RunningCloud, running_cloud

SERVER = Path(__file__).with_name("container_server.py")
IMAGE = "registry.example/answering:1"
MANY_MODELS_IMAGE = "registry.example/many-models:1"
IMAGES = f"""
[[image]]
repository = "answering"
tag = "*"
serve = ["{{python}}", "{SERVER}"]
note = "A program of the tests stands for this image."

[[image]]
repository = "many-models"
tag = "*"
serve = ["{{python}}", "{SERVER.with_name("many_models_server.py")}"]

[[image]]
repository = "training-only"
tag = "*"
train = ["true"]
"""
BUCKET = "models"
WRITABLE = "written-by-endpoints"
"""The prefix of the bucket that models' roles may write to."""
STATEMENTS: list[dict[str, Any]] = [
    {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [f"arn:aws:s3:::{BUCKET}/*"]},
    {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [f"arn:aws:s3:::{BUCKET}"]},
    {
        "Effect": "Allow",
        "Action": ["s3:PutObject"],
        "Resource": [f"arn:aws:s3:::{BUCKET}/{WRITABLE}/*"],
    },
    {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": ["arn:aws:sns:*:*:results-*"]},
    {
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": ["arn:aws:logs:*:*:log-group:/aws/sagemaker/Endpoints/*"],
    },
]
DESCRIBE_ALARMS = {
    "Effect": "Allow",
    "Action": ["cloudwatch:DescribeAlarms"],
    "Resource": ["arn:aws:cloudwatch:*:*:alarm:*"],
}
SETTLED = ("InService", "Failed", "OutOfService")


@dataclass
class Hosting:
    """Makes models and endpoints on a real local cloud."""

    cloud: RunningCloud
    role: str
    sagemaker: Any
    runtime: Any
    s3: Any

    def put(self, key: str, body: bytes) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def read(self, uri: str) -> bytes:
        key = uri.removeprefix(f"s3://{BUCKET}/")
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def model(self, name: str, **behaviour: Any) -> str:
        """A model whose server behaves so; answers its name."""
        content = json.dumps({"name": name, **behaviour}).encode()
        data = self.put(f"{name}/model.tar.gz", archive({"behaviour.json": content}))
        self.create_model(name, {"Image": IMAGE, "ModelDataUrl": data})
        return name

    def create_model(self, name: str, container: dict[str, Any], **more: Any) -> None:
        request = {"ModelName": name, "PrimaryContainer": container, "ExecutionRoleArn": self.role}
        self.sagemaker.create_model(**{**request, **more})

    def config(self, name: str, **models: float) -> str:
        """A configuration of one variant a model, named as it, with its weight."""
        variants = [variant(model, InitialVariantWeight=weight) for model, weight in models.items()]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
        return name

    def instances(self, name: str, count: int, **behaviour: Any) -> str:
        """A model and a configuration of one name, with a variant AllTraffic of so many
        instances; answers the name."""
        model = self.model(name, **behaviour)
        given = variant(model, VariantName="AllTraffic", InitialInstanceCount=count)
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[given])
        return name

    def endpoint_of(self, count: int, name: str) -> dict[str, Any]:
        """An endpoint in service of so many instances, its model and configuration of that name."""
        self.instances(name, count)
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        described = self.settled(name)
        assert described["EndpointStatus"] == "InService", described
        return described

    def endpoint(self, name: str, **behaviour: Any) -> dict[str, Any]:
        """A model, a configuration and an endpoint of one name; answers its settled description."""
        self.config(name, **{self.model(name, **behaviour): 1.0})
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        return self.settled(name)

    def update(self, name: str, config: str, **more: Any) -> dict[str, Any]:
        self.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, **more)
        return self.settled(name)

    def delete(self, name: str) -> None:
        """Returns once the endpoint is gone."""
        self.sagemaker.delete_endpoint(EndpointName=name)
        until(lambda: not self.sagemaker.list_endpoints(NameContains=name)["Endpoints"])

    def settled(self, name: str) -> dict[str, Any]:
        """Wait until its status is final; answers its description."""
        found: dict[str, Any] = {}

        def look() -> bool:
            found.update(self.sagemaker.describe_endpoint(EndpointName=name))
            return found["EndpointStatus"] in SETTLED

        until(look)
        return self.describe(name)

    def describe(self, name: str) -> dict[str, Any]:
        described: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=name)
        return described

    def invoke(self, name: str, body: str | bytes = "hello", **more: Any) -> dict[str, Any]:
        """The container's JSON answer."""
        answer = self.runtime.invoke_endpoint(EndpointName=name, Body=body, **more)
        content: dict[str, Any] = json.loads(answer["Body"].read())
        return content

    def log(self, endpoint: str) -> str:
        """All logs of the endpoint's servers."""
        folder = self.cloud.settings.endpoints_dir / endpoint
        return "".join(file.read_text() for file in sorted(folder.glob("*/*/*/server.log")))

    def processes(self, endpoint: str) -> list[psutil.Process]:
        """The living processes that serve the endpoint."""
        mark = str(self.cloud.settings.endpoints_dir / endpoint)
        return [one for one in psutil.process_iter() if _mentions(one, mark)]

    def running(self, endpoint: str) -> list[str]:
        """The variant of each instance that has a process."""
        root = self.cloud.settings.endpoints_dir / endpoint
        words = [word for one in self.processes(endpoint) for word in _words(one)]
        folders = [one for one in root.glob("*/*/i-*") if any(str(one) in word for word in words)]
        return sorted(one.parent.name for one in folders)


def _words(process: psutil.Process) -> list[str]:
    try:
        return [*process.cmdline(), process.cwd()]
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []


def _mentions(process: psutil.Process, mark: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return any(mark in word for word in [*process.cmdline(), process.cwd()])
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def listening(port: int) -> psutil.Process:
    """The process that listens there, by its id outside of its namespace."""
    found = psutil.net_connections(kind="tcp")
    (process,) = {
        one.pid for one in found if one.laddr.port == port and one.status == psutil.CONN_LISTEN
    }
    return psutil.Process(process)


def variant(model: str, **more: Any) -> dict[str, Any]:
    """A production variant, named as its model."""
    given = {"VariantName": model, "ModelName": model, "InstanceType": "ml.m5.large"}
    return {**given, "InitialInstanceCount": 1, **more}


def archive(files: dict[str, bytes]) -> bytes:
    """A tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def until(condition: Callable[[], object], *, seconds: float = 60) -> None:
    """Wait for the condition; fails where it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{condition} did not come true"
        time.sleep(0.05)


def answers_again(hosting: Hosting, endpoint: str, model: str) -> None:
    """Wait, after a restart of the local cloud, until the endpoint answers as the model."""

    def answers() -> bool:
        try:
            return bool(hosting.invoke(endpoint)["model"] == model)
        except ClientError as error:
            # Meanwhile it says that it is starting; it never says that it is not there.
            if error.response["Error"]["Code"] != "ServiceUnavailable":
                raise
            return False

    until(answers)
    until(lambda: hosting.describe(endpoint)["EndpointStatus"] == "InService")


def hosting_on(cloud: RunningCloud) -> Hosting:
    (cloud.settings.state_dir / "images.toml").write_text(IMAGES)
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    role = cloud.role("hosting", [*STATEMENTS, DESCRIBE_ALARMS], trusts=["sagemaker.amazonaws.com"])
    with pytest.MonkeyPatch.context() as environment:
        # A client that does not try again hides no failed request.
        environment.setenv("AWS_MAX_ATTEMPTS", "1")
        runtime = cloud.client("sagemaker-runtime")
    return Hosting(cloud, role, cloud.client("sagemaker"), runtime, s3)


@pytest.fixture(scope="session")
def hosting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """On a local cloud of its own: the tests stop it and start it again."""
    with running_cloud(tmp_path_factory.mktemp("hosting")) as cloud:
        yield hosting_on(cloud)
