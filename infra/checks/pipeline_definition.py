"""Checks a pipeline definition as far as it can be checked before it runs.

Every step's arguments are held against the API call that the step makes, and every reference is
followed. What this finds, AWS would report one at a time: some when the pipeline is created,
most only when the step is reached, after the steps before it have been paid for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.botocore_model import sagemaker_model
from infra.checks.api_shapes import shape_faults
from infra.checks.placeholders import has_token, is_variable
from infra.checks.references import Scope

REQUESTS = {
    "Processing": ("CreateProcessingJobRequest", frozenset({"ProcessingJobName"})),
    "Training": ("CreateTrainingJobRequest", frozenset({"TrainingJobName"})),
    "Tuning": (
        "CreateHyperParameterTuningJobRequest",
        frozenset({"HyperParameterTuningJobName"}),
    ),
    "Model": ("CreateModelInput", frozenset({"ModelName"})),
    "Transform": ("CreateTransformJobRequest", frozenset({"TransformJobName"})),
    "RegisterModel": ("CreateModelPackageInput", frozenset({"ModelPackageName"})),
}
"""The request that a step's arguments are, and what of it the pipeline itself gives."""

CONDITIONS = frozenset(
    {"Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo"}
)
STEP_FAULTS = frozenset({"Step.SERVICE_FAULT", "Step.THROTTLING"})
JOB_FAULTS = frozenset(
    {"SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"}
)
RETRIED = {
    "Processing": STEP_FAULTS | JOB_FAULTS,
    "Training": STEP_FAULTS | JOB_FAULTS,
    "Tuning": STEP_FAULTS | JOB_FAULTS,
    "Model": STEP_FAULTS,
    "Transform": STEP_FAULTS | JOB_FAULTS,
    "RegisterModel": STEP_FAULTS,
}
"""Which failures a step of a type can be tried again after."""

MAX_MESSAGE = 3072
"""Characters of a Fail step's message (FailStepMetadata in the API reference)."""

_NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_FUNCTION_ARN = re.compile(r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_:-]+$")


@dataclass(frozen=True)
class DefinitionFault:
    """One thing that is wrong: the step (empty for the whole), the path in it, the problem."""

    step: str
    path: str
    problem: str

    def __str__(self) -> str:
        place = f"step {self.step}: {self.path}" if self.step else self.path
        return f"{place}: {self.problem}"


class PipelineDefinitionError(Exception):
    """The pipeline definition would fail on AWS. ``faults`` holds everything that is wrong."""

    def __init__(self, faults: list[DefinitionFault]) -> None:
        self.faults = tuple(faults)
        count = f"{len(faults)} fault{'' if len(faults) == 1 else 's'}"
        lines = [f"{count} in the pipeline definition:", *(f"  {fault}" for fault in faults)]
        super().__init__("\n".join(lines))


def check_definition(definition: dict[str, Any]) -> None:
    """Refuse a pipeline definition that AWS would refuse, now or in the middle of a run.

    Args:
        definition: as `infra.pipeline.workload_pipeline.build_definition` returns it; CDK
            tokens in it stand for any fitting value.

    Raises:
        PipelineDefinitionError: with all faults, each with step and path.
    """
    faults = list(definition_faults(definition))
    if faults:
        raise PipelineDefinitionError(faults)


def definition_faults(definition: dict[str, Any]) -> Iterator[DefinitionFault]:
    """Everything that is wrong with a definition."""
    if definition.get("Version") != "2020-12-01":
        yield DefinitionFault("", "Version", "is not 2020-12-01, the only one there is")
    parameters = definition.get("Parameters", [])
    yield from _parameter_faults(parameters)
    steps = definition.get("Steps", [])
    if not steps:
        yield DefinitionFault("", "Steps", "is empty; a pipeline has one step at least")
    names = [step.get("Name", "") for step in _all_steps(steps)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield DefinitionFault(name, "Name", "is the name of several steps")
    declared = frozenset(parameter.get("Name", "") for parameter in parameters)
    yield from _steps_faults(steps, Scope(declared, {}, frozenset(names)))


def _all_steps(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield step
        arguments = step.get("Arguments", {})
        if step.get("Type") == "Condition":
            yield from _all_steps(arguments.get("IfSteps", []))
            yield from _all_steps(arguments.get("ElseSteps", []))


def _parameter_faults(parameters: list[dict[str, Any]]) -> Iterator[DefinitionFault]:
    names = [parameter.get("Name", "") for parameter in parameters]
    for index, parameter in enumerate(parameters):
        name = names[index]
        if not _NAME.match(name) or names.index(name) != index:
            problem = (
                "is no name of letters, digits, - and _"
                if names.index(name) == index
                else ("is declared twice")
            )
            yield DefinitionFault("", f"Parameters[{index}].Name", f"{name!r} {problem}")
        if parameter.get("Type") not in ("String", "Integer", "Float", "Boolean"):
            allowed = "String, Integer, Float or Boolean"
            yield DefinitionFault("", f"Parameters[{index}].Type", f"is none of {allowed}")


def _steps_faults(steps: list[dict[str, Any]], scope: Scope) -> Iterator[DefinitionFault]:
    """Faults of steps in their order; what a branch defines is not seen outside of it."""
    for step in steps:
        for path, problem in _step_faults(step, scope):
            yield DefinitionFault(step.get("Name", "?"), path, problem)
        if "Name" not in step:
            continue
        scope = scope.with_step(step)
        if step.get("Type") == "Condition":
            for branch in ("IfSteps", "ElseSteps"):
                yield from _steps_faults(step.get("Arguments", {}).get(branch, []), scope)


def _step_faults(step: dict[str, Any], scope: Scope) -> Iterator[tuple[str, str]]:
    if not _NAME.match(step.get("Name", "")):
        yield "Name", "is not 1 to 64 letters, digits, - and _"
    kind, arguments = step.get("Type", ""), step.get("Arguments", {})
    if kind in REQUESTS:
        request, given = REQUESTS[kind]
        shape = sagemaker_model().shape_for(request)
        yield from shape_faults(shape, arguments, "Arguments", given=given)
    own_checks = {
        "Condition": _condition_faults,
        "Fail": _fail_faults,
        "Lambda": _lambda_faults,
        "Processing": _property_file_faults,
        "Tuning": _tuning_faults,
    }
    if kind in own_checks:
        yield from own_checks[kind](step)
    elif kind not in REQUESTS:
        known = ", ".join(sorted({*REQUESTS, *own_checks}))
        yield "Type", f"is {kind!r}, none of {known}"
    own = {key: value for key, value in arguments.items() if key not in ("IfSteps", "ElseSteps")}
    yield from scope.faults(own if kind == "Condition" else arguments, "Arguments")
    yield from _depends_on_faults(step, scope)
    yield from _retry_faults(step)


def _depends_on_faults(step: dict[str, Any], scope: Scope) -> Iterator[tuple[str, str]]:
    for name in step.get("DependsOn", []):
        if name not in scope.steps:
            yield "DependsOn", f"{name!r} is no step that comes before this one"


def _retry_faults(step: dict[str, Any]) -> Iterator[tuple[str, str]]:
    allowed = RETRIED.get(step.get("Type", ""), frozenset())
    for index, policy in enumerate(step.get("RetryPolicies", [])):
        path = f"RetryPolicies[{index}]"
        for exception in policy.get("ExceptionType", []):
            if exception not in allowed:
                listed = ", ".join(sorted(allowed)) or "nothing"
                yield path, f"a {step.get('Type')} step retries {listed}, not {exception}"
        if ("MaxAttempts" in policy) == ("ExpireAfterMin" in policy):
            yield path, "needs either MaxAttempts or ExpireAfterMin"
        if not 1 <= policy.get("MaxAttempts", 1) <= 20:
            yield f"{path}.MaxAttempts", "is not 1 to 20"
        if not 1 <= policy.get("ExpireAfterMin", 1) <= 14_400:
            yield f"{path}.ExpireAfterMin", "is not 1 to 14400"


def _condition_faults(step: dict[str, Any]) -> Iterator[tuple[str, str]]:
    arguments = step.get("Arguments", {})
    if not arguments.get("Conditions"):
        yield "Arguments.Conditions", "is empty; a choice needs a condition"
    for index, condition in enumerate(arguments.get("Conditions", [])):
        path = f"Arguments.Conditions[{index}]"
        if condition.get("Type") not in CONDITIONS:
            yield path, f"Type {condition.get('Type')!r} is none of {', '.join(sorted(CONDITIONS))}"
        for side in ("LeftValue", "RightValue"):
            if side not in condition:
                yield path, f"{side} is missing"
    if not arguments.get("IfSteps") and not arguments.get("ElseSteps"):
        yield "Arguments", "has neither IfSteps nor ElseSteps"


def _fail_faults(step: dict[str, Any]) -> Iterator[tuple[str, str]]:
    message = step.get("Arguments", {}).get("ErrorMessage")
    if not message:
        yield "Arguments.ErrorMessage", "is missing or empty; it is all that a person will see"
    elif isinstance(message, str) and len(message) > MAX_MESSAGE:
        yield "Arguments.ErrorMessage", f"is longer than {MAX_MESSAGE} characters"
    elif not isinstance(message, str) and not is_variable(message):
        yield "Arguments.ErrorMessage", f"is {type(message).__name__}, not a text"


def _lambda_faults(step: dict[str, Any]) -> Iterator[tuple[str, str]]:
    arn = step.get("FunctionArn", "")
    if not has_token(arn) and not is_variable(arn) and not _FUNCTION_ARN.match(str(arn)):
        yield "FunctionArn", f"is {arn!r}, not the ARN of a Lambda function"
    names = [output.get("OutputName") for output in step.get("OutputParameters", [])]
    for index, output in enumerate(step.get("OutputParameters", [])):
        path = f"OutputParameters[{index}]"
        if output.get("OutputType") not in ("String", "Integer", "Float", "Boolean"):
            yield path, "has an OutputType that is none of String, Integer, Float and Boolean"
        if not output.get("OutputName") or names.index(output["OutputName"]) != index:
            yield path, "has an OutputName that is missing, or declared before"


def _property_file_faults(step: dict[str, Any]) -> Iterator[tuple[str, str]]:
    config = step.get("Arguments", {}).get("ProcessingOutputConfig", {})
    outputs = [output.get("OutputName") for output in config.get("Outputs", [])]
    for index, file in enumerate(step.get("PropertyFiles", [])):
        path = f"PropertyFiles[{index}]"
        for member in ("PropertyFileName", "OutputName", "FilePath"):
            if not file.get(member):
                yield path, f"{member} is missing"
        if file.get("OutputName") not in outputs:
            listed = ", ".join(map(str, outputs)) or "none"
            yield path, f"OutputName {file.get('OutputName')!r} is none of the outputs: {listed}"


def _tuning_faults(step: dict[str, Any]) -> Iterator[tuple[str, str]]:
    arguments = step.get("Arguments", {})
    config = arguments.get("HyperParameterTuningJobConfig", {})
    training = arguments.get("TrainingJobDefinition", {})
    limits = config.get("ResourceLimits", {})
    limits_path = "Arguments.HyperParameterTuningJobConfig.ResourceLimits"
    if is_variable(limits.get("MaxNumberOfTrainingJobs")):
        yield f"{limits_path}.MaxNumberOfTrainingJobs", "must be a number known now"
    algorithm = training.get("AlgorithmSpecification", {})
    metrics = [metric.get("Name") for metric in algorithm.get("MetricDefinitions", [])]
    objective = config.get("HyperParameterTuningJobObjective", {}).get("MetricName")
    # Without definitions the metrics are those of a built-in algorithm, which SageMaker knows.
    if "MetricDefinitions" in algorithm and objective not in metrics:
        listed = ", ".join(map(str, metrics)) or "none"
        path = "Arguments.HyperParameterTuningJobConfig.HyperParameterTuningJobObjective"
        yield path, f"MetricName {objective!r} is none of the MetricDefinitions: {listed}"
    searched = [
        item.get("Name") for items in config.get("ParameterRanges", {}).values() for item in items
    ]
    for name in sorted(set(searched) & set(training.get("StaticHyperParameters", {}))):
        path = f"Arguments.TrainingJobDefinition.StaticHyperParameters.{name}"
        yield path, "is searched as well, in ParameterRanges"
