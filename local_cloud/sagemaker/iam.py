"""What an action needs of its caller: the action itself on its resources, AddTags where it makes
something with tags, and to pass the roles that it names.

Resource types: "Actions, resources, and condition keys for Amazon SageMaker" in the
service authorization reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local_cloud.json_api.api import Permission
from local_cloud.sagemaker import iam_conditions, pipeline_callbacks
from local_cloud.sagemaker.service import SageMakerService

SERVICE_PRINCIPAL = "sagemaker.amazonaws.com"
TAGGING_ACTION = "sagemaker:TaggingAction"
"""The condition key that tells tags of a creation from a call of AddTags, which lacks it."""
TARGET_MODEL = "x-amzn-sagemaker-target-model"
# The noun of an action -> (request member that names the resource, ARN's resource type).
RESOURCES: dict[str, tuple[str, str]] = {
    "TrainingJob": ("TrainingJobName", "training-job"),
    "ProcessingJob": ("ProcessingJobName", "processing-job"),
    "HyperParameterTuningJob": ("HyperParameterTuningJobName", "hyper-parameter-tuning-job"),
    "TransformJob": ("TransformJobName", "transform-job"),
    "Model": ("ModelName", "model"),
    "EndpointConfig": ("EndpointConfigName", "endpoint-config"),
    "Endpoint": ("EndpointName", "endpoint"),
    "Pipeline": ("PipelineName", "pipeline"),
    "ModelPackageGroup": ("ModelPackageGroupName", "model-package-group"),
    "NotebookInstance": ("NotebookInstanceName", "notebook-instance"),
    "NotebookInstanceLifecycleConfig": (
        "NotebookInstanceLifecycleConfigName",
        "notebook-instance-lifecycle-config",
    ),
    "Experiment": ("ExperimentName", "experiment"),
    "Trial": ("TrialName", "experiment-trial"),
    "TrialComponent": ("TrialComponentName", "experiment-trial-component"),
}
# Resource types whose names AWS writes into ARNs in small letters.
IN_SMALL_LETTERS = ("pipeline", "experiment", "experiment-trial", "experiment-trial-component")
# Members that hold a whole ARN.
ARN_MEMBERS = ("PipelineExecutionArn", "ModelPackageArn", "ResourceArn")
# Members that name a resource, whatever the action is called, in the order to look for them.
NAME_MEMBERS = tuple(RESOURCES.values())
VERBS = re.compile(r"^(Create|Describe|Update|Delete|Stop|Start|Retry|List)")
ASSOCIATIONS = {"AssociateTrialComponent", "DisassociateTrialComponent"}
PACKAGES_OF_A_GROUP = {"CreateModelPackage", "ListModelPackages"}
LISTS_OF_ONE_RESOURCE = {
    "ListModelPackages",
    "ListPipelineVersions",
    "ListTrainingJobsForHyperParameterTuningJob",
    "ListPipelineExecutions",
    "ListPipelineExecutionSteps",
    "ListPipelineParametersForExecution",
}


def permissions(
    service: SageMakerService, action: str, request: Mapping[str, Any]
) -> Iterator[Permission]:
    """All that the caller's policies must allow for the request to be carried out."""
    asked = iam_conditions.of_request(action, request, service.arn)
    arns = list(resource_arns(action, _with_execution(service, action, request), service.arn))
    for arn in arns:
        context = {**asked, **iam_conditions.of_resource(service, arn)}
        yield Permission(f"sagemaker:{action}", arn, context)
    if action.startswith("Create") and request.get("Tags"):
        # AWS asks for this as well: "Provide permissions for tagging SageMaker AI resources".
        yield Permission("sagemaker:AddTags", arns[0], {**asked, TAGGING_ACTION: action})
    for role in passed_roles(request):
        yield Permission("iam:PassRole", role, {"iam:PassedToService": SERVICE_PRINCIPAL})


def permission_to_invoke(
    service: SageMakerService, action: str, endpoint: str, headers: Mapping[str, str]
) -> Permission:
    """What an invocation needs; a model of a multi-model endpoint is a condition of it."""
    arn = service.arn(f"endpoint/{endpoint}")
    context = iam_conditions.of_resource(service, arn)
    if TARGET_MODEL in headers:
        context["sagemaker:TargetModel"] = headers[TARGET_MODEL]
    return Permission(f"sagemaker:{action}", arn, context)


def _with_execution(
    service: SageMakerService, action: str, request: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A request that names its execution by a callback token alone, with the execution's ARN."""
    if action not in pipeline_callbacks.BY_TOKEN:
        return request
    arn = pipeline_callbacks.execution_arn(service, request.get("CallbackToken"))
    return {} if arn is None else {"PipelineExecutionArn": arn}


def resource_arns(
    action: str, request: Mapping[str, Any], arn: Callable[[str], str]
) -> Iterator[str]:
    """The ARNs that policies are evaluated on, each of which must be allowed.

    ``*`` for actions that take no resource. ``arn`` completes ``training-job/x`` to an ARN.
    """
    if "ModelPackageArnList" in request:
        yield from request["ModelPackageArnList"]
        return
    yield _resource_arn(action, request, arn)
    # A request without one of them is refused by its validation, which comes after.
    if action in ASSOCIATIONS and "TrialComponentName" in request:
        yield arn(f"experiment-trial-component/{_last(request['TrialComponentName']).lower()}")
    if action == "CreateTrial" and "ExperimentName" in request:
        yield arn(f"experiment/{str(request['ExperimentName']).lower()}")
    if action in {"CreateEndpoint", "UpdateEndpoint"}:
        yield arn(f"endpoint-config/{request.get('EndpointConfigName')}")


def _resource_arn(action: str, request: Mapping[str, Any], arn: Callable[[str], str]) -> str:
    for member in ARN_MEMBERS:
        if member in request:
            return str(request[member])
    if "PipelineArn" in request:
        # Read as its name is, in any spelling: so must a policy that denies it.
        return arn(f"pipeline/{_last(str(request['PipelineArn'])).lower()}")
    if action.startswith("List") and action not in LISTS_OF_ONE_RESOURCE:
        return "*"
    if action in PACKAGES_OF_A_GROUP and "ModelPackageGroupName" in request:
        # AWS authorises the packages of the group, whatever their versions.
        return arn(f"model-package/{_last(request['ModelPackageGroupName'])}/*")
    if "ModelPackageName" in request:
        name = str(request["ModelPackageName"])
        return name if name.startswith("arn:") else arn(f"model-package/{name}")
    noun = VERBS.sub("", action)
    own = RESOURCES.get(noun)
    for member, kind in [*([own] if own else []), *NAME_MEMBERS]:
        if member in request:
            name = _last(str(request[member]))
            return arn(f"{kind}/{name.lower() if kind in IN_SMALL_LETTERS else name}")
    return "*"


def passed_roles(request: Any) -> Iterator[str]:
    """Every role ARN that the request hands to SageMaker, at any depth, each once."""
    seen: set[str] = set()
    for role in _roles(request):
        if role not in seen:
            seen.add(role)
            yield role


def _roles(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key in {"RoleArn", "ExecutionRoleArn"} and isinstance(item, str):
                yield item
            elif key not in iam_conditions.CALLERS_OWN:
                yield from _roles(item)
    elif isinstance(value, list):
        for item in value:
            yield from _roles(item)


def _last(name_or_arn: str) -> str:
    return name_or_arn.rsplit("/", 1)[-1]
