"""Resource policies of model package groups.

A policy shares a group with other accounts on AWS. The local cloud has one account: it keeps
the policy, checks its form, and evaluates it for nobody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.model_package_groups import KIND
from local_cloud.sagemaker.service import Action, SageMakerService
from local_cloud.sagemaker.store import Document

_POLICY = "_policy"
_REQUIRED = ("Effect", "Action", "Resource")
_EFFECTS = ("Allow", "Deny")


def _group(service: SageMakerService, request: Request) -> Document:
    name = request["ModelPackageGroupName"]
    document = service.store.find(KIND, name)
    if document is None:
        arn = service.arn(f"model-package-group/{name}")
        raise ValidationException(f"Cannot find Model Package Group: {arn}")
    return document


def _with_policy(service: SageMakerService, request: Request) -> Document:
    document = _group(service, request)
    if _POLICY not in document:
        raise ValidationException(
            f"Cannot find resource policy for: {document['ModelPackageGroupArn']}"
        )
    return document


def put_policy(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException for a text that is no resource policy."""
    document = _group(service, request)
    faults = _faults(request["ResourcePolicy"])
    if faults:
        raise ValidationException("Invalid resource policy. " + " ".join(faults))
    service.store.update(
        KIND, document["ModelPackageGroupName"], **{_POLICY: request["ResourcePolicy"]}
    )
    return {"ModelPackageGroupArn": document["ModelPackageGroupArn"]}


def _faults(text: str) -> list[str]:
    try:
        policy = json.loads(text)
    except json.JSONDecodeError as error:
        return [f"It is not JSON: {error}."]
    if not isinstance(policy, Mapping):
        return ["It is not a JSON object."]
    statements = policy.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        return ["It has no Statement."]
    return [
        fault
        for position, statement in enumerate(statements)
        for fault in _statement_faults(statement, f"Statement[{position}]")
    ]


def _statement_faults(statement: Any, where: str) -> list[str]:
    if not isinstance(statement, Mapping):
        return [f"{where} is not a JSON object."]
    faults = [
        f"{where} lacks {member}."
        for member in _REQUIRED
        if not {member, f"Not{member}"} & statement.keys()
    ]
    if not {"Principal", "NotPrincipal"} & statement.keys():
        faults.append(f"{where} lacks Principal.")
    if statement.get("Effect", _EFFECTS[0]) not in _EFFECTS:
        faults.append(f"{where}: Effect must be one of {', '.join(_EFFECTS)}.")
    return faults


def get_policy(service: SageMakerService, request: Request) -> Response:
    return {"ResourcePolicy": _with_policy(service, request)[_POLICY]}


def delete_policy(service: SageMakerService, request: Request) -> Response:
    name = _with_policy(service, request)["ModelPackageGroupName"]
    service.store.mutate(KIND, name, lambda document: document.pop(_POLICY, None))
    return {}


def resume(service: SageMakerService) -> None:
    """Policies do nothing in the background."""


ACTIONS: dict[str, Action] = {
    "PutModelPackageGroupPolicy": put_policy,
    "GetModelPackageGroupPolicy": get_policy,
    "DeleteModelPackageGroupPolicy": delete_policy,
}
