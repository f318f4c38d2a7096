"""Our pipeline definition against the one that the SageMaker SDK builds for the same pipeline.

Every difference is listed here with its reason, and the test fails on one that is not, as well
as on a reason that no longer holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.pipeline.__main__ import example_resources
from infra.pipeline.workload_pipeline import build_definition
from infra.settings import load_settings

CONFIG = Path(__file__).parents[2] / "config"

Differences = dict[str, tuple[Any, Any]]

NOTHING = "(nothing)"

pytestmark = [
    # The SDK imports modules of its own that it has deprecated.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    # What the SDK says while it does what is asked of it.
    pytest.mark.filterwarnings("ignore:Running within a PipelineSession:UserWarning"),
    pytest.mark.filterwarnings("ignore:Lambda function won't be updated:UserWarning"),
]

DESCRIPTION = "the SDK's steps could have descriptions as well; ours say what a step is for"
NO_ISOLATION = "the SDK's tuner drops the trainer's networking, so that trials go unencrypted"
NO_EMPTY_METRICS = "the SDK sends empty objects"
OTHER_FRAMEWORKS = (
    "settings of the script mode of other frameworks; TensorFlow Serving finds "
    "code/inference.py in the model itself"
)
IN_THE_GROUP = "the SDK's builder sets no framework unless it also builds the model"

WE_ADD = {
    "Prepare.Description": DESCRIPTION,
    "Tune.Description": DESCRIPTION,
    "RaiseEpochs.Description": DESCRIPTION,
    "FindChampion.Description": DESCRIPTION,
    "Train.Description": DESCRIPTION,
    "CreateModel.Description": DESCRIPTION,
    "BatchTransform.Description": DESCRIPTION,
    "DeleteModel.Description": DESCRIPTION,
    "Evaluate.Description": DESCRIPTION,
    "Gate.Description": DESCRIPTION,
    "Register.Description": DESCRIPTION,
    "Tune.Arguments.TrainingJobDefinition.EnableInterContainerTrafficEncryption": NO_ISOLATION,
    "Tune.Arguments.TrainingJobDefinition.EnableNetworkIsolation": NO_ISOLATION,
    "Register.Arguments.InferenceSpecification.Containers[0].Framework": IN_THE_GROUP,
    "Register.Arguments.InferenceSpecification.Containers[0].FrameworkVersion": IN_THE_GROUP,
    "Register.Arguments.ModelCard": "the SDK's builder takes a card whose values are known now",
}
"""What only our definition has, by path."""

WE_LEAVE_OUT = {
    "MlflowConfig": "null in the SDK: no tracking server is used",
    "PipelineExperimentConfig": "would create an experiment for each run, which needs rights",
    "Tune.Arguments.TrainingJobDefinition.OutputDataConfig.CompressionType": "GZIP is the default",
    "Train.Arguments.OutputDataConfig.CompressionType": "GZIP is the default",
    "Register.Arguments.InferenceSpecification.Containers[0].Environment": OTHER_FRAMEWORKS,
    "CreateModel.Arguments.PrimaryContainer.Environment": OTHER_FRAMEWORKS,
    "Register.Arguments.ModelMetrics.Bias": NO_EMPTY_METRICS,
    "Register.Arguments.ModelMetrics.Explainability": NO_EMPTY_METRICS,
    "Register.Arguments.SkipModelValidation": "null in the SDK",
}
"""What only the SDK's definition has, by path."""

WE_ADD_LOCALLY = {
    "Tune.Arguments.TrainingJobDefinition.ResourceConfig.VolumeKmsKeyId": (
        "the SDK's tuner drops the trainer's volume key; ours is there where the type takes one"
    ),
    "Tune.Arguments.TrainingJobDefinition.EnableManagedSpotTraining": (
        "the SDK's tuner leaves it out where it is false"
    ),
}
"""What only our definition for the environment `local` has: instances without local disks."""


@pytest.fixture(scope="module", params=["local", "dev"])
def differences(request: pytest.FixtureRequest) -> Iterator[Differences]:
    with pytest.MonkeyPatch.context() as patch:
        # The SDK's switches for work without a network.
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
        # Imported here: it takes seconds, and its warnings are then those of these tests only.
        from tests.synth.sagemaker_sdk_pipeline import definition_by_the_sdk

        settings = load_settings(CONFIG, request.param)
        workload = settings.workloads[0]
        resources = example_resources(settings.environment, workload.name)
        ours = build_definition(
            workload=workload, environment=settings.environment, resources=resources
        )
        theirs = definition_by_the_sdk(workload, settings.environment, resources)
        found = dict(_differences(_by_name(ours), _by_name(theirs), ""))
        if request.param == "local":
            assert all(found.pop(path)[1] == NOTHING for path in WE_ADD_LOCALLY)
        yield found


def test_the_definitions_differ_only_where_a_reason_is_given(differences: Differences) -> None:
    assert set(differences) == set(WE_ADD) | set(WE_LEAVE_OUT)


def test_no_value_that_both_have_differs(differences: Differences) -> None:
    one_sided = {path: pair for path, pair in differences.items() if NOTHING in pair}
    assert one_sided == differences
    assert {path for path, (_, theirs) in one_sided.items() if theirs == NOTHING} == set(WE_ADD)


def _by_name(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition with its steps, branches included, under their names."""
    steps: dict[str, Any] = {}
    pending = list(definition["Steps"])
    while pending:
        step = pending.pop(0)
        branches = {}
        if step["Type"] == "Condition":
            for branch in ("IfSteps", "ElseSteps"):
                inner = step["Arguments"][branch]
                pending += inner
                branches[branch] = [each["Name"] for each in inner]
        steps[step["Name"]] = {**step, "Arguments": {**step["Arguments"], **branches}}
    rest = {key: value for key, value in definition.items() if key != "Steps"}
    return {**rest, **steps, "order": [step["Name"] for step in definition["Steps"]]}


def _differences(ours: Any, theirs: Any, path: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in {**ours, **theirs}:
            inner = f"{path}.{key}" if path else key
            if key not in ours:
                yield inner, (NOTHING, theirs[key])
            elif key not in theirs:
                yield inner, (ours[key], NOTHING)
            else:
                yield from _differences(ours[key], theirs[key], inner)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif ours != theirs:
        yield path, (ours, theirs)
