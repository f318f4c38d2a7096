"""Endpoint configurations: which models an endpoint serves, and with what weights."""

from __future__ import annotations

import time

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.hosting import config_checks
from local_cloud.sagemaker.hosting.plan import find_config, find_model
from local_cloud.sagemaker.listing import list_page
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document, NameTakenError, public
from local_cloud.sagemaker.tags import create_tagged, remove_all

KIND = "endpoint-config"
_SUMMARY = ("EndpointConfigName", "EndpointConfigArn", "CreationTime")
_SORT_KEYS = {"Name": "EndpointConfigName", "CreationTime": "CreationTime"}


def create_endpoint_config(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException that names every fault."""
    name = request["EndpointConfigName"]
    arn = service.arn(f"endpoint-config/{name}")
    config_checks.check(service, request)
    document: Document = {
        **{member: value for member, value in request.items() if member != "Tags"},
        "EndpointConfigArn": arn,
        "CreationTime": time.time(),
    }
    for kind in {"ProductionVariants", "ShadowProductionVariants"} & request.keys():
        for variant in request[kind]:
            find_model(service, variant["ModelName"])
        document[kind] = [{"InitialVariantWeight": 1.0, **one} for one in request[kind]]
    document.setdefault("EnableNetworkIsolation", False)
    try:
        create_tagged(service, KIND, name, document, request, arn=arn)
    except NameTakenError:
        raise ValidationException(
            f'Cannot create already existing endpoint configuration "{arn}".'
        ) from None
    return {"EndpointConfigArn": arn}


def describe_endpoint_config(service: SageMakerService, request: Request) -> Response:
    return public(find_config(service, request["EndpointConfigName"]))


def list_endpoint_configs(service: SageMakerService, request: Request) -> Response:
    return list_page(
        service.store.listed(KIND),
        request,
        "EndpointConfigs",
        keys=_SUMMARY,
        sort_keys=_SORT_KEYS,
        name="EndpointConfigName",
    )


def delete_endpoint_config(service: SageMakerService, request: Request) -> Response:
    """An endpoint that uses the configuration goes on, as on AWS."""
    config = find_config(service, request["EndpointConfigName"])
    service.store.delete(KIND, config["EndpointConfigName"])
    remove_all(service, config["EndpointConfigArn"])
    return {}


def resume(service: SageMakerService) -> None:
    """Endpoint configurations do nothing in the background."""


ACTIONS: dict[str, Action] = {
    "CreateEndpointConfig": create_endpoint_config,
    "DescribeEndpointConfig": describe_endpoint_config,
    "ListEndpointConfigs": list_endpoint_configs,
    "DeleteEndpointConfig": delete_endpoint_config,
}
