"""Pipeline variables (``Get``, ``Std:Join``, ``Std:JsonGet``) given their values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.sagemaker.pipeline import paths, references
from local_cloud.sagemaker.pipeline.errors import StepFailedError


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Where variables find their values."""

    parameters: Mapping[str, Any]
    execution: Callable[[str], str]
    """The value of ``Execution.<name>``."""
    properties: Callable[[str], Mapping[str, Any]]
    """The properties of a finished step."""
    property_file_uri: Callable[[str, str], str]
    """The S3 URI of a step's property file: ``(step, file)``."""
    read_text: Callable[[str], str]
    """The text of an S3 object by URI."""

    def evaluate(self, value: Any) -> Any:
        """The value with every variable in it replaced, however deep.

        Raises StepFailedError where a variable does not resolve.
        """
        match references.variable(value):
            case "Get":
                return self._get(str(value["Get"]))
            case "Std:Join":
                return self._join(value["Std:Join"])
            case "Std:JsonGet":
                return self._json_get(value["Std:JsonGet"])
        if isinstance(value, Mapping):
            return {key: self.evaluate(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.evaluate(item) for item in value]
        return value

    def _get(self, path: str) -> Any:
        scope, _, rest = path.partition(".")
        if scope == "Parameters" and rest in self.parameters:
            return self.parameters[rest]
        if scope == "Execution":
            return self.execution(rest)
        if scope == "Steps":
            try:
                _, step, *tokens = paths.parse(path)
                return paths.resolve(self.properties(str(step)), tokens, path=path)
            except paths.PathError as error:
                raise StepFailedError(f"ClientError: {error}") from error
        raise StepFailedError(f"ClientError: '{path}' does not resolve")

    def _join(self, join: Mapping[str, Any]) -> str:
        return str(join.get("On", "")).join(
            as_text(self.evaluate(value)) for value in join.get("Values", [])
        )

    def _json_get(self, given: Mapping[str, Any]) -> Any:
        if "PropertyFile" in given:
            _, step, _, file = paths.parse(given["PropertyFile"]["Get"])
            uri = self.property_file_uri(str(step), str(file))
        else:
            uri = as_text(self.evaluate(given["S3Uri"]))
        path = as_text(self.evaluate(given["Path"]))
        try:
            document = json.loads(self.read_text(uri))
            return paths.resolve(document, paths.parse(path), path=path)
        except json.JSONDecodeError as error:
            raise StepFailedError(f"ClientError: {uri} is not JSON: {error}") from error
        except paths.PathError as error:
            raise StepFailedError(f"ClientError: JsonGet from {uri}: {error}") from error


def as_text(value: Any) -> str:
    """A value as ``Std:Join`` writes it: JSON's ``true`` and ``false``, no quotes on strings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list):
        return json.dumps(value)
    return str(value)
