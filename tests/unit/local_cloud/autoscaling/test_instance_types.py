from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from local_cloud import instance_types
from local_cloud.instance_type_offerings import InstanceTypeOfferings
from local_cloud.json_api.errors import ApiError
from local_cloud.service_quotas.api import api
from local_cloud.settings import LocalCloudSettings

FILE = """
[quotas]
"ml.m5.xlarge" = 2
"ml.m5.large for transform job usage" = 3

[offerings]
"ml.m5.xlarge" = ["us-east-1b"]
"ml.p5.48xlarge" = []
"""


@pytest.fixture
def settings(tmp_path: Path) -> LocalCloudSettings:
    return LocalCloudSettings(state_dir=tmp_path)


def quota(settings: LocalCloudSettings, action: str = "GetServiceQuota", **more: str) -> Any:
    request = {"ServiceCode": "sagemaker", "QuotaCode": "L-2F737F8D", **more}
    return api(settings).perform(action, request)["Quota"]


def test_quotas_are_generous_until_the_file_says_otherwise(settings: LocalCloudSettings) -> None:
    assert quota(settings)["QuotaName"] == "ml.m5.xlarge for endpoint usage"
    assert quota(settings)["Value"] == instance_types.DEFAULT_QUOTA
    (settings.state_dir / "instance-types.toml").write_text(FILE)
    assert quota(settings)["Value"] == 2.0
    assert quota(settings, "GetAWSDefaultServiceQuota")["Value"] == instance_types.DEFAULT_QUOTA


def test_every_type_of_instance_has_a_quota_and_pages_lead_to_all(
    settings: LocalCloudSettings,
) -> None:
    found: list[str] = []
    request: dict[str, Any] = {"ServiceCode": "sagemaker", "MaxResults": 100}
    while True:
        answer = api(settings).perform("ListServiceQuotas", request)
        found += [one["QuotaCode"] for one in answer["Quotas"]]
        if "NextToken" not in answer:
            break
        request["NextToken"] = answer["NextToken"]
    assert len(found) == len(set(found)) == len(instance_types.quota_names())


@pytest.mark.parametrize("changes", [{"ServiceCode": "ec2"}, {"QuotaCode": "L-00000000"}])
def test_a_quota_that_is_not_there_is_said_so(
    settings: LocalCloudSettings, changes: dict[str, str]
) -> None:
    with pytest.raises(ApiError) as caught:
        quota(settings, **changes)
    assert caught.value.code == "NoSuchResourceException"


def test_every_fault_of_the_file_is_named(settings: LocalCloudSettings) -> None:
    text = '[quotas]\n"ml.m5.xlarge" = -1\n"m5.large" = 1\n[zones]\n'
    (settings.state_dir / "instance-types.toml").write_text(text)
    with pytest.raises(
        ApiError, match=r"zones is no table.*= -1 must be.*: m5.large for endpoint usage is none"
    ):
        quota(settings)


def offerings(settings: LocalCloudSettings, **parameters: str) -> str:
    async def others(*_request: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, b"of MiniStack"

    handler = InstanceTypeOfferings(settings, others)
    body = urlencode({"Action": "DescribeInstanceTypeOfferings", **parameters})
    _, _, answer = asyncio.run(handler("POST", "/", {}, body.encode(), {}))
    return answer.decode()


def filtered(instance_type: str) -> dict[str, str]:
    return {
        "LocationType": "availability-zone",
        "Filter.1.Name": "instance-type",
        "Filter.1.Value.1": instance_type,
    }


def test_types_are_offered_in_all_zones_until_the_file_says_otherwise(
    settings: LocalCloudSettings,
) -> None:
    assert offerings(settings, **filtered("m5.xlarge")).count("<item>") == 3
    (settings.state_dir / "instance-types.toml").write_text(FILE)
    answer = offerings(settings, **filtered("m5.xlarge"))
    assert answer.count("<item>") == 1
    assert "<location>us-east-1b</location>" in answer
    assert "<item>" not in offerings(settings, **filtered("p5.48xlarge"))
    assert "<item>" not in offerings(settings, **filtered("no-such.type"))


def test_a_region_offers_what_one_of_its_zones_does(settings: LocalCloudSettings) -> None:
    (settings.state_dir / "instance-types.toml").write_text(FILE)
    answer = offerings(settings, **{**filtered("m5.xlarge"), "LocationType": "region"})
    assert "<location>us-east-1</location>" in answer
    assert answer.count("<item>") == 1


def test_other_actions_and_wrong_filters_are_told_apart(settings: LocalCloudSettings) -> None:
    assert offerings(settings, Action="DescribeVpcs") == "of MiniStack"
    wrong = {"Filter.1.Name": "colour", "Filter.1.Value.1": "red"}
    assert "InvalidParameterValue" in offerings(settings, **wrong)
