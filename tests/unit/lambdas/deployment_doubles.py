"""A double of the part of SageMaker that deployments use, with AWS's words for its errors."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import fields
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contracts.champion_record import ChampionRecord
from contracts.serving import Serving
from lambdas.deployment.plan import Planner
from lambdas.deployment.plan_document import Plan
from lambdas.deployment.planners import planner_for
from lambdas.deployment.settings import PlanSettings
from tests.unit.lambdas.wire import ServiceError, by_methods, wired_client

GROUP = "rookery-test-birds"
ENDPOINT = "rookery-test-birds"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:"
PACKAGE = f"{ARN}model-package/{GROUP}/3"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
ROLE = "arn:aws:iam::123456789012:role/models"
IMAGE = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-inference:2.19-cpu"
OWN_IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/rookery-test-birds:0a1b"
MODEL_URI = "s3://artifacts/birds/run/train/model.tar.gz"
MODEL = b"a model"
PARAMETER = "/rookery/test/birds/champion"
_TRANSITIONAL = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


class SageMaker:
    """Keeps what exists; `settle` ends what an endpoint is in the middle of.

    Attributes:
        endpoints: status and configuration by name.
        configs, models: names.
        calls: operations that changed something, in order.
        deletes_while_creating: whether an endpoint that is being created may be deleted.
        split_configs: requests of the configurations with two variants, by their names.
        record: the champion record.
        packages_of: ARN of the package that a model was made of, by the model's name.
    """

    def __init__(self) -> None:
        self.packages: dict[str, dict[str, Any]] = {PACKAGE: package(3)}
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.configs: set[str] = set()
        self.models: set[str] = set()
        self.calls: list[str] = []
        self.deletes_while_creating = False
        self.split_configs: dict[str, dict[str, Any]] = {}
        self.packages_of: dict[str, str] = {}
        self.record: ChampionRecord | None = None
        self._target: dict[str, str] = {}

    def client(self) -> Any:
        return wired_client("sagemaker", by_methods(self))

    def serve(self, config: str, status: str = "InService", **fields: str) -> None:
        """Let the endpoint be there."""
        self.endpoints[ENDPOINT] = {
            "EndpointStatus": status,
            "EndpointConfigName": config,
            **fields,
        }
        self.weigh(config)
        self.add(config)

    def record_as(self, plan: Plan) -> None:
        """Let the champion record be what the state machine writes at the end of a plan."""
        if plan["champion"]:
            document = {**plan["champion"], "deployed_at": "2026-03-01T13:00:00Z"}
            self.record = ChampionRecord.parse(json.dumps(document))

    def add(self, *names: str) -> None:
        """Let configurations with their models be there."""
        self.configs |= set(names)
        self.models |= set(names)

    def do(self, plan: Plan) -> None:
        """What the state machine does with a plan, and the endpoint settles."""
        if plan["make_model"]:
            self.models.add(plan["model"]["ModelName"])
            arn = plan["model"]["PrimaryContainer"]["ModelPackageName"]
            self.packages_of[plan["model"]["ModelName"]] = arn
        if plan["make_config"]:
            config = plan["endpoint_config"]
            self.configs.add(config["EndpointConfigName"])
            if len(config["ProductionVariants"]) > 1:
                self.split_configs[config["EndpointConfigName"]] = config
        if plan["kind"] == "shift":
            self.client().update_endpoint_weights_and_capacities(**plan["shift"])
        elif plan["endpoint_exists"]:
            self.client().update_endpoint(**plan["endpoint"])
        else:
            self.serve(plan["endpoint"]["EndpointConfigName"])
        self.settle()
        self.calls.clear()

    def weigh(self, config: str, weights: dict[str, float] | None = None) -> None:
        """Let the endpoint's variants have these weights, or those of a configuration."""
        variants = self._config(config)["ProductionVariants"]
        initial = {each["VariantName"]: each["InitialVariantWeight"] for each in variants}
        self.endpoints[ENDPOINT]["ProductionVariants"] = [
            # SageMaker keeps 32 bits.
            {"VariantName": name, "CurrentWeight": struct.unpack("f", struct.pack("f", weight))[0]}
            for name, weight in (weights or initial).items()
        ]

    def _config(self, name: str) -> dict[str, Any]:
        return self.split_configs.get(name) or {
            "EndpointConfigName": name,
            "ProductionVariants": [
                {
                    "VariantName": "AllTraffic",
                    "ModelName": name,
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 1,
                    "InitialVariantWeight": 1.0,
                }
            ],
            "KmsKeyId": KEY,
        }

    def settle(self) -> None:
        for name, endpoint in list(self.endpoints.items()):
            if endpoint["EndpointStatus"] == "Deleting":
                del self.endpoints[name]
            elif endpoint["EndpointStatus"] in _TRANSITIONAL:
                endpoint["EndpointStatus"] = "InService"
                if name in self._target:
                    endpoint["EndpointConfigName"] = self._target.pop(name)
                    self.weigh(endpoint["EndpointConfigName"])

    def DescribeModelPackage(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["ModelPackageName"]
        if name not in self.packages:
            raise ServiceError("ValidationException", f"ModelPackage {name} does not exist.")
        return self.packages[name]

    def ListModelPackages(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if request["ModelPackageGroupName"] != GROUP:
            raise ServiceError("ValidationException", "ModelPackageGroup does not exist.")
        wanted = request.get("ModelApprovalStatus")
        found = [
            {
                name: each[name]
                for name in (
                    "ModelPackageGroupName",
                    "ModelPackageVersion",
                    "ModelPackageArn",
                    "CreationTime",
                    "ModelPackageStatus",
                    "ModelApprovalStatus",
                )
            }
            for each in self.packages.values()
            if wanted in (None, each["ModelApprovalStatus"])
        ]
        newest = sorted(found, key=lambda each: -int(each["ModelPackageVersion"]))
        return {"ModelPackageSummaryList": newest}

    def DescribeEndpoint(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["EndpointName"]
        return {
            "EndpointName": name,
            "EndpointArn": f"{ARN}endpoint/{name}",
            "CreationTime": 0,
            "LastModifiedTime": 0,
            **self._endpoint(name),
        }

    def DescribeEndpointConfig(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["EndpointConfigName"]
        if name not in self.configs:
            raise ServiceError(
                "ValidationException", f'Could not find endpoint configuration "{name}".'
            )
        return {
            "EndpointConfigArn": f"{ARN}endpoint-config/{name}",
            "CreationTime": 0,
            **self._config(name),
        }

    def DescribeModel(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["ModelName"]
        if name not in self.models:
            raise ServiceError("ValidationException", f'Could not find model "{name}".')
        package = self.packages_of.get(name)
        return {
            "ModelName": name,
            "ModelArn": f"{ARN}model/{name}",
            "CreationTime": 0,
            "PrimaryContainer": {"ModelPackageName": package} if package else {"Image": "x"},
        }

    def UpdateEndpointWeightsAndCapacities(  # noqa: N802
        self, request: dict[str, Any]
    ) -> dict[str, Any]:
        name = request["EndpointName"]
        endpoint = self._endpoint(name)
        if endpoint["EndpointStatus"] in _TRANSITIONAL:
            raise ServiceError(
                "ValidationException", f'Cannot update in-progress endpoint "{name}"'
            )
        wanted = {
            each["VariantName"]: each["DesiredWeight"]
            for each in request["DesiredWeightsAndCapacities"]
        }
        there = {each["VariantName"] for each in endpoint["ProductionVariants"]}
        if set(wanted) - there:
            raise ServiceError(
                "ValidationException", f"Could not find variants {set(wanted) - there}"
            )
        self.calls.append(f"UpdateEndpointWeightsAndCapacities {wanted}")
        self.weigh(endpoint["EndpointConfigName"], wanted)
        endpoint["EndpointStatus"] = "Updating"
        return {"EndpointArn": f"{ARN}endpoint/{name}"}

    def UpdateModelPackage(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        arn = request["ModelPackageArn"]
        self.packages[arn].update(
            {
                name: request[name]
                for name in ("ModelApprovalStatus", "ApprovalDescription")
                if name in request
            }
        )
        self.calls.append(f"UpdateModelPackage {arn} {request['ModelApprovalStatus']}")
        return {"ModelPackageArn": arn}

    def UpdateEndpoint(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name, config = request["EndpointName"], request["EndpointConfigName"]
        endpoint = self._endpoint(name)
        if config not in self.configs:
            raise ServiceError(
                "ValidationException", f'Could not find endpoint configuration "{config}".'
            )
        if endpoint["EndpointStatus"] in _TRANSITIONAL:
            raise ServiceError(
                "ValidationException", f'Cannot update in-progress endpoint "{name}"'
            )
        if endpoint["EndpointStatus"] != "InService":
            raise ServiceError("ValidationException", f'Cannot update endpoint "{name}" in status')
        self.calls.append(f"UpdateEndpoint {config}")
        endpoint["EndpointStatus"] = "Updating"
        self._target[name] = config
        return {"EndpointArn": f"{ARN}endpoint/{name}"}

    def DeleteEndpoint(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["EndpointName"]
        endpoint = self._endpoint(name)
        if endpoint["EndpointStatus"] in _TRANSITIONAL and not self.deletes_while_creating:
            raise ServiceError(
                "ValidationException", f'Cannot update in-progress endpoint "{name}"'
            )
        self.calls.append("DeleteEndpoint")
        endpoint["EndpointStatus"] = "Deleting"
        return {}

    def DeleteEndpointConfig(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["EndpointConfigName"]
        if name not in self.configs:
            raise ServiceError(
                "ValidationException", f'Could not find endpoint configuration "{name}".'
            )
        self._check_unused(name)
        self.configs.remove(name)
        self.calls.append(f"DeleteEndpointConfig {name}")
        return {}

    def DeleteModel(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        name = request["ModelName"]
        if name not in self.models:
            raise ServiceError("ValidationException", f'Could not find model "{name}".')
        self._check_unused(name)
        self.models.remove(name)
        self.calls.append(f"DeleteModel {name}")
        return {}

    def ListEndpointConfigs(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        names, token = self._page(self.configs, request)
        found = [
            {
                "EndpointConfigName": name,
                "EndpointConfigArn": f"{ARN}endpoint-config/{name}",
                "CreationTime": 0,
            }
            for name in names
        ]
        return {"EndpointConfigs": found, **token}

    def ListModels(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        names, token = self._page(self.models, request)
        found = [
            {"ModelName": name, "ModelArn": f"{ARN}model/{name}", "CreationTime": 0}
            for name in names
        ]
        return {"Models": found, **token}

    def _page(self, names: set[str], request: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
        """Two names a page, from the name after the token on."""
        part = request["NameContains"].lower()
        found = sorted(each for each in names if part in each.lower())
        rest = [each for each in found if each > request.get("NextToken", "")]
        return rest[:2], {"NextToken": rest[1]} if len(rest) > 2 else {}

    def _endpoint(self, name: str) -> dict[str, Any]:
        if name not in self.endpoints:
            arn = f"{ARN}endpoint/{name}"
            raise ServiceError("ValidationException", f'Could not find endpoint "{arn}".')
        return self.endpoints[name]

    def _check_unused(self, name: str) -> None:
        used = {each["EndpointConfigName"] for each in self.endpoints.values()}
        if name in used | set(self._target.values()):
            pytest.fail(f"{name} is deleted although an endpoint uses it")


def package(version: int, **changes: Any) -> dict[str, Any]:
    """An approved model package as DescribeModelPackage shows it."""
    return {
        "ModelPackageName": f"{GROUP}/{version}",
        "ModelPackageGroupName": GROUP,
        "ModelPackageVersion": version,
        "ModelPackageArn": f"{ARN}model-package/{GROUP}/{version}",
        "CreationTime": 0,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "ModelApprovalStatus": "Approved",
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": MODEL_URI}],
            "SupportedContentTypes": ["image/png"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        "CustomerMetadataProperties": {
            "samples": "s3://artifacts/birds/run/samples",
            "dataset_version": "d" * 64,
            "model_sha256": hashlib.sha256(MODEL).hexdigest(),
        },
        **changes,
    }


def approved_at(version: int) -> str:
    """When a version was approved: the greater one later."""
    return f"2026-03-01T12:{version:02}:00Z"


def approval(version: int = 3, **changes: Any) -> dict[str, Any]:
    """SageMaker's event of an approval."""
    return {
        "source": "aws.sagemaker",
        "detail-type": "SageMaker Model Package State Change",
        "time": approved_at(version),
        "detail": {
            "ModelPackageArn": f"{ARN}model-package/{GROUP}/{version}",
            "ModelPackageGroupName": GROUP,
            "ModelPackageVersion": version,
            "ModelApprovalStatus": "Approved",
            **changes,
        },
    }


def serving(**changes: Any) -> Serving:
    """One instance of an endpoint, unless told otherwise."""
    return Serving(**{"instance_type": "ml.m5.large", "instance_count": 1, **changes})


def settings(**changes: Any) -> PlanSettings:
    """Those of the function `plan`; what belongs to `serving` may be given by its own name."""
    known = {field.name for field in fields(PlanSettings)}
    ways = {name: value for name, value in changes.items() if name not in known}
    given = {
        "environment": "test",
        "workload": "birds",
        "endpoint_name": ENDPOINT,
        "model_package_group": GROUP,
        "champion_parameter": PARAMETER,
        "model_role_arn": ROLE,
        "serving": serving(**ways),
        "kms_key_arn": KEY,
        "artifact_bucket": "artifacts",
        "output_key_arn": KEY,
        "alarms": ("rookery-test-birds-wrong-answers",),
        "bake_seconds": 30,
        "timeout_seconds": 900,
        **{name: value for name, value in changes.items() if name in known},
    }
    return PlanSettings(**given)


class Parameters:
    """Systems Manager's parameters, by name."""

    def __init__(self, values: dict[str, str] | None = None) -> None:
        self.values = {} if values is None else values

    def client(self) -> Any:
        return wired_client("ssm", by_methods(self))

    def GetParameter(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Parameter": {"Name": request["Name"], "Value": self._value(request["Name"])}}

    def PutParameter(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if request["Name"] in self.values and not request.get("Overwrite"):
            raise ServiceError("ParameterAlreadyExists", "The parameter already exists.")
        self.values[request["Name"]] = request["Value"]
        return {"Version": 1}

    def DeleteParameter(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._value(request["Name"])
        del self.values[request["Name"]]
        return {}

    def _value(self, name: str) -> str:
        if name not in self.values:
            raise ServiceError("ParameterNotFound", f"Parameter {name} not found.")
        return self.values[name]


class Logs:
    """CloudWatch's log groups, by name."""

    def __init__(self, *groups: str) -> None:
        self.groups = set(groups)

    def client(self) -> Any:
        return wired_client("logs", by_methods(self))

    def DeleteLogGroup(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if request["logGroupName"] not in self.groups:
            raise ServiceError("ResourceNotFoundException", "The log group does not exist.")
        self.groups.remove(request["logGroupName"])
        return {}


class NoReports:
    """S3 without any evaluation report."""

    def get_object(self, **request: Any) -> dict[str, Any]:
        error = {"Code": "NoSuchKey", "Message": "The specified key does not exist."}
        raise ClientError({"Error": error}, "GetObject")


def planner_of(sagemaker: SageMaker, **changes: Any) -> Planner:
    """The planner of approvals."""
    return Planner(
        settings=settings(**changes),
        sagemaker=sagemaker.client(),
        s3=NoReports(),
        record=sagemaker.record,
    )


def plan_for(sagemaker: SageMaker, version: int = 3, **changes: Any) -> Plan:
    """What `plan` answers to the approval of a version."""
    return planner_of(sagemaker, **changes).plan(approval(version))


def plan_change(sagemaker: SageMaker, request: dict[str, Any]) -> Plan:
    """What `plan` answers to an operator's request about a split."""
    return planner_for(
        request["action"],
        settings=settings(),
        sagemaker=sagemaker.client(),
        s3=NoReports(),
        record=sagemaker.record,
    ).plan(request)


def name_of(plan: Plan) -> str:
    """Of the model and the configuration that a plan asks for."""
    name: str = plan["endpoint"]["EndpointConfigName"]
    return name
