from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.hosting.quotas import check, more
from local_cloud.sagemaker.service import SageMakerService
from tests.unit.local_cloud.sagemaker_doubles import make_service

TYPE = "ml.m5.large"


def plan(instances: int, instance_type: str = TYPE) -> Any:
    variant = {"variant": "one", "instance_type": instance_type, "instances": instances}
    return {"variants": [variant]}


@pytest.fixture
def service(tmp_path: Path) -> SageMakerService:
    """The quota is 4, of which 3 are used: 1 serves, 1 shadows it and 1 is coming up."""
    (tmp_path / "instance-types.toml").write_text(f'[quotas]\n"{TYPE}" = 4\n')
    made = make_service(tmp_path)[0]
    for name, status, document in (
        ("serving", "InService", {"_serving": {**plan(1), "shadows": plan(1)["variants"]}}),
        ("coming", "Creating", {"_pending": plan(1)}),
        ("failed", "Failed", {"_pending": plan(9)}),
        ("serverless", "InService", {"_serving": {"variants": [{"variant": "one"}]}}),
    ):
        made.store.create("endpoint", name, {"EndpointStatus": status, **document})
    return made


def test_what_fits_into_the_quota_is_given(service: SageMakerService) -> None:
    check(service, more(plan(1)))
    check(service, more(plan(3), than=plan(2)))
    check(service, more(plan(1), than=plan(2)))


def test_one_instance_too_many_is_refused_in_the_words_of_aws(service: SageMakerService) -> None:
    with pytest.raises(ApiError) as caught:
        check(service, more(plan(2)))
    assert caught.value.code == "ResourceLimitExceeded"
    assert caught.value.message.startswith(
        "The account-level service limit 'ml.m5.large for endpoint usage' is 4 Instances, with "
        "current utilization of 3 Instances and a request delta of 2 Instances."
    )


def test_types_without_a_quota_in_the_file_are_not_held_to_any(service: SageMakerService) -> None:
    check(service, more(plan(500, "ml.c5.large")))
