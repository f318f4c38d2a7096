"""ListServiceQuotas and its siblings for service code ``sagemaker``.

The quotas are those of instances, "<type> for endpoint usage" and "... for transform job usage".
Codes are AWS's where they are known (:data:`KNOWN_CODES`), else derived from the name: look a
quota up by its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from local_cloud import instance_types
from local_cloud.json_api.api import JsonApi, Permission
from local_cloud.json_api.errors import ApiError
from local_cloud.json_api.messages import Request, Response
from local_cloud.json_api.validation import ApiModel
from local_cloud.sagemaker.listing import page
from local_cloud.settings import LocalCloudSettings

TARGET_PREFIX = "ServiceQuotasV20190624"
SERVICE = "service-quotas"
CREDENTIAL_SCOPE = SDK_NAME = "servicequotas"
SERVICE_CODE, SERVICE_NAME = "sagemaker", "Amazon SageMaker"
MODEL = ApiModel(SERVICE, title="Service Quotas")
KNOWN_CODES = {
    "ml.m5.large for endpoint usage": "L-614B09FD",
    "ml.m5.xlarge for endpoint usage": "L-2F737F8D",
    "ml.g5.xlarge for endpoint usage": "L-1928E07B",
}


class ServiceQuotas:
    """Quotas as the state folder's instance-types.toml says, else the default."""

    def __init__(self, settings: LocalCloudSettings) -> None:
        self._settings = settings

    def list_quotas(self, request: Request) -> Response:
        return page(list(self._quotas(request, applied=True)), request, "Quotas")

    def list_defaults(self, request: Request) -> Response:
        return page(list(self._quotas(request, applied=False)), request, "Quotas")

    def get_quota(self, request: Request) -> Response:
        return {"Quota": self._one(request, applied=True)}

    def get_default(self, request: Request) -> Response:
        return {"Quota": self._one(request, applied=False)}

    def _one(self, request: Request, *, applied: bool) -> dict[str, Any]:
        code = request["QuotaCode"]
        found = next(self._quotas(request, applied=applied), None)
        if found is None:
            raise ApiError(
                "NoSuchResourceException",
                f"The request failed because the specified quota {code} does not exist.",
            )
        return found

    def _quotas(self, request: Request, *, applied: bool) -> Iterator[dict[str, Any]]:
        if request["ServiceCode"] != SERVICE_CODE:
            raise ApiError(
                "NoSuchResourceException",
                f"The local cloud's Service Quotas does not have the service "
                f"{request['ServiceCode']}. It has: {SERVICE_CODE}.",
            )
        values = instance_types.read(self._settings.state_dir).quotas if applied else {}
        for name in instance_types.quota_names():
            quota = self._quota(name, values.get(name, instance_types.DEFAULT_QUOTA))
            if request.get("QuotaCode") in (None, quota["QuotaCode"]):
                yield quota

    def _quota(self, name: str, value: int) -> dict[str, Any]:
        settings, code = self._settings, quota_code(name)
        return {
            "ServiceCode": SERVICE_CODE,
            "ServiceName": SERVICE_NAME,
            "QuotaArn": (
                f"arn:aws:servicequotas:{settings.region}:{settings.account_id}:"
                f"{SERVICE_CODE}/{code}"
            ),
            "QuotaCode": code,
            "QuotaName": name,
            "Value": float(value),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
            "QuotaAppliedAtLevel": "ACCOUNT",
        }


def quota_code(name: str) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return KNOWN_CODES.get(name, f"L-{digest[:8].upper()}")


def api(settings: LocalCloudSettings) -> JsonApi:
    quotas = ServiceQuotas(settings)
    # The service authorization reference: reading takes no resource.

    def permissions(action: str, request: Request) -> Iterable[Permission]:
        return [Permission(f"servicequotas:{action}", "*", {})]

    return JsonApi(
        model=MODEL,
        actions={
            "ListServiceQuotas": quotas.list_quotas,
            "ListAWSDefaultServiceQuotas": quotas.list_defaults,
            "GetServiceQuota": quotas.get_quota,
            "GetAWSDefaultServiceQuota": quotas.get_default,
        },
        permissions=permissions,
        region=settings.region,
    )
