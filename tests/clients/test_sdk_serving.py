"""`ModelBuilder`, `Endpoint` and `Transformer` of the SageMaker Python SDK v3."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import Endpoint, ModelPackage
from sagemaker.core.transformer import Transformer
from sagemaker.serve.model_builder import ModelBuilder

from tests.clients import churn
from tests.clients.artifacts import read_object
from tests.clients.conftest import BUCKET

NAME = "churn-model"


@pytest.fixture(scope="module")
def builder(role: str, numbers: str) -> ModelBuilder:
    built = ModelBuilder(
        image_uri=churn.IMAGE,
        s3_model_data_url=churn.train(role),
        role_arn=role,
        sagemaker_session=Session(),
    )
    built.build(model_name=NAME)
    return built


@pytest.fixture(scope="module")
def endpoint(builder: ModelBuilder) -> Iterator[Endpoint]:
    deployed = builder.deploy(
        endpoint_name="churn", instance_type="ml.m5.large", initial_instance_count=1, wait=False
    )
    deployed.wait_for_status("InService", poll=1)
    yield deployed
    deployed.delete()


def test_a_deployed_model_answers_through_the_endpoint_that_the_builder_gives(
    endpoint: Endpoint,
) -> None:
    answer = endpoint.invoke(body="0.9,0.1\n0.1,0.9\n", content_type="text/csv", accept="text/csv")

    larger, smaller = (float(text) for text in answer.body.read().split(b","))
    assert larger > 0.5 > smaller


def test_a_transformer_scores_the_rows_of_a_prefix_beside_their_inputs(
    builder: ModelBuilder,
) -> None:
    rows = churn.rows(5)
    boto3.client("s3").put_object(Bucket=BUCKET, Key="churn/batch/rows.csv", Body=rows)
    transformer = Transformer(
        model_name=NAME,
        instance_count=1,
        instance_type="ml.m5.xlarge",
        accept="text/csv",
        assemble_with="Line",
        output_path=f"s3://{BUCKET}/churn/scored",
        sagemaker_session=Session(),
    )

    transformer.transform(
        f"s3://{BUCKET}/churn/batch",
        content_type="text/csv",
        split_type="Line",
        input_filter="$[1:]",
        join_source="Input",
        wait=False,
    )
    transformer.latest_transform_job.wait(poll=1)

    scored = read_object(f"s3://{BUCKET}/churn/scored/rows.csv.out").decode().splitlines()
    assert [line.rsplit(",", 1)[0] for line in scored] == rows.splitlines()
    assert all((float(line.rsplit(",", 1)[1]) > 0.5) == (line[0] == "1") for line in scored)


def test_a_builder_registers_its_model_for_others_to_build_from(builder: ModelBuilder) -> None:
    arn = builder.register(
        model_package_group_name="churn",
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.xlarge"],
        approval_status="PendingManualApproval",
    )
    package = ModelPackage.get(model_package_name=arn)
    package.update(model_approval_status="Approved")

    found = ModelPackage.get(model_package_name=arn)
    assert found.model_approval_status == "Approved"
    [container] = found.inference_specification.containers
    assert container.image == churn.IMAGE
    assert container.model_data_url == builder.s3_model_data_url
