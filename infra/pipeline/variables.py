"""Values that SageMaker Pipelines fills in while a pipeline runs.

The names are the SageMaker SDK's, the JSON is that of the pipeline definition schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PipelineVariable:
    """Base of all values that are known only while a pipeline runs."""

    @property
    def expr(self) -> dict[str, Any]:
        """The value as it stands in a pipeline definition."""
        raise NotImplementedError


@dataclass(frozen=True)
class ParameterString(PipelineVariable):
    """A text that is given when a pipeline is started.

    Without a default the start of the pipeline must give it.
    """

    name: str
    default_value: str | None = None

    @property
    def expr(self) -> dict[str, Any]:
        return {"Get": f"Parameters.{self.name}"}

    def to_request(self) -> dict[str, Any]:
        """The parameter's declaration."""
        declaration = {"Name": self.name, "Type": "String"}
        if self.default_value is not None:
            declaration["DefaultValue"] = self.default_value
        return declaration


@dataclass(frozen=True)
class ExecutionVariable(PipelineVariable):
    """A property of the running execution, such as ``PipelineExecutionId``."""

    name: str

    @property
    def expr(self) -> dict[str, Any]:
        return {"Get": f"Execution.{self.name}"}


@dataclass(frozen=True)
class StepProperty(PipelineVariable):
    """A member of the answer that describes a step's job, or an output of a Lambda step.

    `path` follows the Describe answer's shape: ``ModelArtifacts.S3ModelArtifacts``,
    ``ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri``.
    """

    step: str
    path: str

    @property
    def expr(self) -> dict[str, Any]:
        return {"Get": f"Steps.{self.step}.{self.path}"}


@dataclass(frozen=True)
class Join(PipelineVariable):
    """The values as one text, with `on` between them."""

    on: str
    values: tuple[Any, ...]

    @property
    def expr(self) -> dict[str, Any]:
        return {"Std:Join": {"On": self.on, "Values": [rendered(value) for value in self.values]}}


@dataclass(frozen=True)
class JsonGet(PipelineVariable):
    """A value in the property file of a processing step, found by a JSON path."""

    step: str
    property_file: str
    json_path: str

    @property
    def expr(self) -> dict[str, Any]:
        return {
            "Std:JsonGet": {
                "PropertyFile": {"Get": f"Steps.{self.step}.PropertyFiles.{self.property_file}"},
                "Path": self.json_path,
            }
        }


Text = str | PipelineVariable
"""A text known now, or one that the running pipeline fills in."""

PIPELINE_EXECUTION_ID = ExecutionVariable("PipelineExecutionId")


def rendered(value: Any) -> Any:
    """`value` with every pipeline variable in it, at any depth, replaced by its JSON."""
    if isinstance(value, PipelineVariable):
        return value.expr
    if isinstance(value, Mapping):
        return {key: rendered(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [rendered(inner) for inner in value]
    return value
