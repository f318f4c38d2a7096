"""What every settings model has in common, and how a model reports faults between its fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, Strict, StringConstraints
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

T = TypeVar("T")

Items = Annotated[tuple[T, ...], Strict(False)]
"""A YAML list, held as a tuple so that the settings cannot change once loaded."""

Name = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", min_length=2, max_length=32)
]
"""Part of the names of AWS resources: they take neither capitals nor underscores everywhere."""

FAULTS_BETWEEN_FIELDS = "faults_between_fields"


class SettingsModel(BaseModel):
    """Base of all settings: immutable, unknown keys refused, no silent conversions.

    The `description` of each field says what is allowed there: it is printed with every fault.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def fields_by_key(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A model's fields by the keys that a file has: `from`, say, is no name in Python."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


class FieldFault(NamedTuple):
    """A fault that shows only when two fields are seen together, reported at `key`."""

    key: str
    value: Any
    problem: str
    allowed: str


def refuse(faults: Iterable[FieldFault]) -> None:
    """Raise what `infra.settings.loading` turns back into one fault for each of `faults`.

    A pydantic validator can raise one error only; several faults travel in its context.
    """
    found = tuple(faults)
    if found:
        _raise(found)


def _raise(found: tuple[FieldFault, ...]) -> NoReturn:
    raise PydanticCustomError(
        FAULTS_BETWEEN_FIELDS, "the values do not fit together", {"faults": found}
    )
