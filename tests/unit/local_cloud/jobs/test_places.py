from __future__ import annotations

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.runner.places import S3Place, parse


@pytest.mark.parametrize(
    "uri",
    [
        "s3://examples/churn/model.tar.gz",
        "https://examples.s3.amazonaws.com/churn/model.tar.gz",
        "https://examples.s3-eu-west-1.amazonaws.com/churn/model.tar.gz",
        "https://examples.s3.eu-west-1.amazonaws.com/churn/model.tar.gz",
        "https://s3.eu-west-1.amazonaws.com/examples/churn/model.tar.gz",
    ],
)
def test_every_form_of_an_address_of_s3_names_the_same_object(uri: str) -> None:
    assert parse(uri) == S3Place("examples", "churn/model.tar.gz")


@pytest.mark.parametrize("uri", ["https://example.com/model.tar.gz", "s3://", "/tmp/model"])
def test_other_addresses_are_refused(uri: str) -> None:
    with pytest.raises(ValidationException, match="not an S3 URI"):
        parse(uri)
