from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.endpoints.conftest import Hosting, variant


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"ProductionVariants": [{"VariantName": "v", "InstanceType": "ml.m5.large"}]},
            "inference components",
        ),
    ],
)
def test_other_ways_to_serve_are_refused_by_name(
    hosting: Hosting, changes: dict[str, Any], words: str
) -> None:
    request = {"EndpointConfigName": "other", "ProductionVariants": [variant("any")], **changes}
    with pytest.raises(ClientError, match=words) as caught:
        hosting.sagemaker.create_endpoint_config(**request)
    assert "It has variants with a model" in str(caught.value)


def test_a_configuration_names_models_that_are_there_and_each_variant_once(
    hosting: Hosting,
) -> None:
    hosting.model("there")
    with pytest.raises(ClientError, match='Could not find model "arn:aws:sagemaker'):
        hosting.config("faulty", absent=1.0)
    with pytest.raises(ClientError, match="none would take traffic"):
        hosting.config("faulty", there=0.0)
    with pytest.raises(ClientError, match="there is used twice"):
        hosting.sagemaker.create_endpoint_config(
            EndpointConfigName="faulty", ProductionVariants=[variant("there"), variant("there")]
        )


def test_configurations_are_described_listed_and_deleted(hosting: Hosting) -> None:
    hosting.model("configured")
    hosting.config("configured", configured=2.0)
    described = hosting.sagemaker.describe_endpoint_config(EndpointConfigName="configured")
    assert described["ProductionVariants"][0]["InitialVariantWeight"] == 2.0
    listed = hosting.sagemaker.list_endpoint_configs(NameContains="configured")
    assert [one["EndpointConfigName"] for one in listed["EndpointConfigs"]] == ["configured"]
    with pytest.raises(ClientError, match="already existing endpoint configuration"):
        hosting.config("configured", configured=1.0)
    hosting.sagemaker.delete_endpoint_config(EndpointConfigName="configured")
    with pytest.raises(ClientError, match='Could not find endpoint configuration "arn:aws'):
        hosting.sagemaker.describe_endpoint_config(EndpointConfigName="configured")
    with pytest.raises(ClientError, match='Could not find endpoint configuration "arn:aws'):
        hosting.sagemaker.create_endpoint(
            EndpointName="unconfigured", EndpointConfigName="configured"
        )
