"""A shadow variant gets copies of requests; nobody gets its answers, and it harms nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.sagemaker.hosting import shadow
from tests.unit.local_cloud.endpoints.conftest import BUCKET, WRITABLE, Hosting, until, variant


def shadowed(hosting: Hosting, name: str, *, weight: float = 1.0, **behaviour: Any) -> None:
    """An endpoint in service whose variant `<name>` has a shadow `<name>-shadow`."""
    hosting.model(name)
    hosting.model(f"{name}-shadow", **behaviour)
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[variant(name)],
        ShadowProductionVariants=[variant(f"{name}-shadow", InitialVariantWeight=weight)],
        DataCaptureConfig={
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{BUCKET}/{WRITABLE}",
            "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
            "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
        },
    )
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert hosting.settled(name)["EndpointStatus"] == "InService"


def captured(hosting: Hosting, endpoint: str, variant_name: str) -> list[dict[str, Any]]:
    prefix = f"{WRITABLE}/{endpoint}/{variant_name}/"
    listed = hosting.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    bodies = [hosting.read(f"s3://{BUCKET}/{one['Key']}").decode() for one in listed]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def test_a_shadow_gets_copies_and_its_answers_are_captured_and_not_returned(
    hosting: Hosting,
) -> None:
    shadowed(hosting, "front")
    (summary,) = hosting.describe("front")["ShadowProductionVariants"]
    assert (summary["VariantName"], summary["CurrentWeight"]) == ("front-shadow", 1.0)
    answers = [hosting.invoke("front", InferenceId=f"id-{n}") for n in range(5)]
    assert [one["model"] for one in answers] == ["front"] * 5
    with pytest.raises(ClientError, match="Variant front-shadow not found"):
        hosting.invoke("front", TargetVariant="front-shadow")
    hosting.delete("front")
    ours, copies = (captured(hosting, "front", one) for one in ("front", "front-shadow"))
    # Each pair is one event: by that the two variants' answers are compared.
    assert {_ids(one) for one in ours} == {_ids(one) for one in copies}
    assert len(copies) == 5
    assert {one["eventMetadata"].get("invocationSource") for one in ours} == {None}
    assert {one["eventMetadata"]["invocationSource"] for one in copies} == {"ShadowExperiment"}
    answered = [json.loads(one["captureData"]["endpointOutput"]["data"]) for one in copies]
    assert {one["model"] for one in answered} == {"front-shadow"}


def _ids(event: dict[str, Any]) -> tuple[str, str]:
    return event["eventMetadata"]["eventId"], event["eventMetadata"]["inferenceId"]


@pytest.mark.parametrize(
    ("name", "behaviour"), [("erring", {"answers": 500}), ("hanging", {"answer_seconds": 50})]
)
def test_a_shadow_that_errs_or_hangs_harms_no_request(
    hosting: Hosting, name: str, behaviour: dict[str, Any]
) -> None:
    endpoint = f"{name}-front"
    shadowed(hosting, endpoint, **behaviour)
    assert {hosting.invoke(endpoint)["model"] for _ in range(30)} == {endpoint}
    config = hosting.config(f"{endpoint}-alone", **{hosting.model(f"{endpoint}-alone"): 1.0})
    described = hosting.update(endpoint, config)
    assert described["EndpointConfigName"] == config
    assert "ShadowProductionVariants" not in described
    assert hosting.invoke(endpoint)["model"] == f"{endpoint}-alone"
    assert not captured(hosting, endpoint, f"{endpoint}-shadow")
    until(lambda: hosting.running(endpoint) == [config])


def test_a_shadows_weight_and_metrics_are_its_own(hosting: Hosting) -> None:
    shadowed(hosting, "weighed", weight=0.0)
    assert hosting.invoke("weighed")["model"] == "weighed"
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="weighed",
        DesiredWeightsAndCapacities=[{"VariantName": "weighed-shadow", "DesiredWeight": 1.0}],
    )
    (summary,) = hosting.settled("weighed")["ShadowProductionVariants"]
    assert summary["CurrentWeight"] == 1.0
    hosting.invoke("weighed")
    cloudwatch = hosting.cloud.client("cloudwatch")

    def invocations() -> list[dict[str, Any]]:
        dimensions = {"EndpointName": "weighed", "VariantName": "weighed-shadow"}
        found = cloudwatch.list_metrics(
            Namespace="AWS/SageMaker",
            MetricName="Invocations",
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        )
        metrics: list[dict[str, Any]] = found["Metrics"]
        return metrics

    until(invocations)


@pytest.mark.parametrize(
    ("weights", "part"), [((1.0, 1.0), 1.0), ((0.5, 1.0), 0.5), ((3.0, 1.0), 1.0), ((1, 0), 0)]
)
def test_the_share_of_copies_is_the_shadows_weight_over_productions(
    weights: tuple[float, float], part: float
) -> None:
    assert shadow.share(*weights) == part


def test_one_shadow_stands_behind_one_variant(hosting: Hosting) -> None:
    hosting.model("several")
    names = ["a", "b", "c", "d"]
    several = [variant("several", VariantName=name) for name in names]
    with pytest.raises(ClientError) as caught:
        hosting.sagemaker.create_endpoint_config(
            EndpointConfigName="several",
            ProductionVariants=several[:2],
            ShadowProductionVariants=several[2:],
        )
    assert "an endpoint has one shadow variant at most" in str(caught.value)
    assert "an endpoint with a shadow variant has one production variant" in str(caught.value)
