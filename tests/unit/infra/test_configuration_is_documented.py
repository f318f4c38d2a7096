"""docs/configuration.md names every key that the settings take, in the section of its model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from infra.settings import EnvironmentSettings, WorkloadSettings
from infra.settings.model import fields_by_key
from infra.settings.workload_files import EXTENDS
from tests.unit.infra.conftest import ROOT

SECTIONS = {
    "EnvironmentSettings": "An environment",
    "IntakeSettings": "An environment",
    "AlertSettings": "An environment",
    "DeploymentSettings": "An environment",
    "ApprovalSettings": "An environment",
    "PromotionSettings": "An environment",
    "InstanceSettings": "An environment",
    "WorkloadSettings": "A workload",
    "FrameworkSettings": "A workload",
    "AlgorithmSettings": "A workload",
    "ImageDataSettings": "Data",
    "TableDataSettings": "Data",
    "ColumnSettings": "Data",
    "TuningSettings": "Tuning",
    "Objective": "Tuning",
    "ContinuousRange": "Tuning",
    "IntegerRange": "Tuning",
    "CategoricalRange": "Tuning",
    "TrainingSettings": "Training",
    "EvaluationSettings": "Evaluation",
    "BatchTransformSettings": "Evaluation",
    "GateSettings": "Gate",
    "ServingSettings": "Serving",
    "RolloutSettings": "Serving",
    "GuardAlarmSettings": "Serving",
    "AutoscalingSettings": "Serving",
    "FloorSettings": "Serving",
    "HoursSettings": "Serving",
    "ServerlessSettings": "Serving",
    "AsynchronousSettings": "Serving",
    "BatchModeSettings": "Serving",
    "ShadowSettings": "Serving",
    "SplitStepsSettings": "Serving",
    "WinnerSettings": "Serving",
    "VpcSettings": "Serving",
    "PreparationCompute": "Machines",
    "ProcessingCompute": "Machines",
    "TrainingCompute": "Machines",
}


@cache
def sections() -> dict[str, str]:
    """The document's text by heading of the second level."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def models(root: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A settings model and all that its fields hold."""
    yield root
    for field in root.model_fields.values():
        for model in inner_models(field.annotation):
            yield from models(model)


def inner_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from inner_models(argument)


MODELS = sorted(
    {*models(EnvironmentSettings), *models(WorkloadSettings)}, key=lambda model: model.__name__
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_of_the_settings_is_named_in_its_section(model: type[BaseModel]) -> None:
    told = re.findall(r"`([\w.]+)`", sections()[SECTIONS[model.__name__]])
    named = {part for key in told for part in key.split(".")}
    assert set(fields_by_key(model)) <= named


def test_every_section_belongs_to_a_model_that_there_is() -> None:
    assert set(SECTIONS) == {model.__name__ for model in MODELS}


def test_no_row_names_a_key_that_no_settings_have() -> None:
    known = {key for model in MODELS for key in fields_by_key(model)} | {EXTENDS, "environments"}
    for heading in set(SECTIONS.values()):
        rows = re.findall(r"^\| (`[^|]+) \|", sections()[heading], flags=re.MULTILINE)
        keys = {key.rpartition(".")[2] for row in rows for key in re.findall(r"`([\w.]+)`", row)}
        assert keys <= known, heading


def test_every_context_of_the_app_is_named() -> None:
    asked = re.findall(r'try_get_context\("(\w+)"\)', (ROOT / "app.py").read_text())
    assert len(asked) >= 3
    assert {f"`{name}`" for name in asked} <= set(re.findall(r"`\w+`", sections()["Context"]))


def test_a_workload_that_extends_another_is_explained() -> None:
    assert f"`{EXTENDS}" in sections()["Which value holds"]
