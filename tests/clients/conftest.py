"""Clients as their makers ship them; environment variables alone point them at a local cloud."""

from __future__ import annotations

import gc
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from local_cloud.environment import client_environment
from tests.local_cloud_fixture import RunningCloud, running_cloud


@contextmanager
def root_logger_as_it_was() -> Iterator[None]:
    """The SDK gives the root logger a handler and level INFO: other folders' tests have neither."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


with (
    pytest.MonkeyPatch.context() as _patch,
    warnings.catch_warnings(),
    root_logger_as_it_was(),
):
    # These modules import each other by names that they deprecate, and make clients as they are
    # imported; a client asks for a region.
    warnings.simplefilter("ignore", DeprecationWarning)
    _patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    _patch.setattr(boto3, "DEFAULT_SESSION", None)
    import sagemaker.mlops.workflow.pipeline
    import sagemaker.serve.model_builder  # noqa: F401
    from sagemaker.core.training.configs import Compute, SourceCode
    from sagemaker.train import ModelTrainer

BUCKET = "sagemaker-us-east-1-000000000000"
"""The SDK's default bucket."""
SOURCE = Path(__file__).parent / "script_mode"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.19-cpu-py312"
"""An image whose Python is at hand; the scripts of these tests need no TensorFlow."""
SDK_WARNS = (
    "ignore::DeprecationWarning:sagemaker",
    # It leaves its temporary folders to the garbage collector.
    "ignore:Implicitly cleaning up:ResourceWarning",
    "ignore:Running within a PipelineSession:UserWarning",
)
"""Of what it does itself, its own modules imported under their older names for one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            # So that they can run beside others (scripts/run_tests.py).
            item.add_marker(pytest.mark.client)
            for warning in SDK_WARNS:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(autouse=True)
def garbage_of_the_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the SDK leaves to the garbage collector does not warn in somebody else's test."""
    yield
    if request.path.name.startswith("test_sdk_"):
        gc.collect()


@pytest.fixture(scope="package", autouse=True)
def garbage_of_shared_fixtures() -> Iterator[None]:
    # The SDK's own modules, which no collection after a test need look through.
    gc.freeze()
    yield
    gc.unfreeze()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="package")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    with running_cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="package", autouse=True)
def environment(cloud: RunningCloud) -> Iterator[dict[str, str]]:
    """What `python -m local_cloud env` prints, in force for the tests of this folder."""
    variables = client_environment(cloud.settings)
    with pytest.MonkeyPatch.context() as patch, root_logger_as_it_was():
        for name, value in variables.items():
            patch.setenv(name, value)
        # boto3 keeps the session of whoever was first.
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        yield variables


@pytest.fixture(scope="package")
def role(environment: dict[str, str]) -> str:
    """An execution role made as AWS's documentation tells."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    iam = boto3.client("iam")
    made = iam.create_role(
        RoleName="ExecutionRole",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    policy = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    iam.attach_role_policy(RoleName="ExecutionRole", PolicyArn=policy)
    return str(made["Role"]["Arn"])


@pytest.fixture(scope="package")
def numbers(role: str) -> str:
    """A prefix with two small text files in the SDK's default bucket."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for name, text in (("a", "1 2\n"), ("b", "6\n")):
        s3.put_object(Bucket=BUCKET, Key=f"numbers/{name}.txt", Body=text)
    return f"s3://{BUCKET}/numbers"


@pytest.fixture
def mean_trainer(role: str) -> ModelTrainer:
    return ModelTrainer(
        training_image=IMAGE,
        source_code=SourceCode(source_dir=str(SOURCE), entry_script="train.py"),
        role=role,
        base_job_name="mean",
        compute=Compute(instance_type="ml.m5.large", instance_count=1),
    )
