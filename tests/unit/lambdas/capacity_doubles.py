"""Doubles of Service Quotas and of EC2's offerings of instance types."""

from __future__ import annotations

import functools
from typing import Any

import boto3

from tests.unit.lambdas.wire import ServiceError, by_methods, wired_client


class Quotas:
    """Service Quotas, three quotas a page; `values` by the quota's name."""

    def __init__(self, values: dict[str, float] | None = None) -> None:
        others = {f"ml.c{number}.large for endpoint usage": 9.0 for number in range(4, 8)}
        self.values = others | (
            {"ml.m5.large for endpoint usage": 4.0} if values is None else values
        )
        self.denied = False

    def client(self) -> Any:
        return wired_client("service-quotas", by_methods(self))

    def ListServiceQuotas(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert request["ServiceCode"] == "sagemaker"
        if self.denied:
            raise ServiceError("AccessDeniedException", "not allowed")
        start = int(request.get("NextToken", 0))
        names = list(self.values)[start : start + 3]
        quotas = [{"QuotaName": name, "Value": self.values[name]} for name in names]
        more = {"NextToken": str(start + 3)} if start + 3 < len(self.values) else {}
        return {"Quotas": quotas, **more}


class Ec2:
    """DescribeInstanceTypeOfferings: the zones that offer a type."""

    def __init__(self, offered: dict[str, list[str]] | None = None) -> None:
        self.offered = {"m5.large": ["eu-west-1a"]} if offered is None else offered
        self.client = self

    @property
    def meta(self) -> Any:
        """boto3's own description of EC2."""
        return _ec2_meta()

    def get_paginator(self, operation: str) -> Any:
        assert operation == "describe_instance_type_offerings"
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        assert request["LocationType"] == "availability-zone"
        ((kind,),) = (each["Values"] for each in request["Filters"])
        zones = self.offered.get(kind, [])
        return [{"InstanceTypeOfferings": [{"Location": zone} for zone in zones]}]


@functools.cache
def _ec2_meta() -> Any:
    return boto3.client("ec2", region_name="eu-west-1").meta
