"""What a definition's JSON must look like before anything in it is understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def objects(given: Any, where: str, faults: list[str]) -> list[Mapping[str, Any]]:
    """The objects of a list that may be left out; faults are added to ``faults``."""
    if given is None:
        return []
    if not isinstance(given, list):
        faults.append(f"{where}: Expecting start of Json Array.")
        return []
    found = []
    for position, entry in enumerate(given):
        if isinstance(entry, Mapping):
            found.append(entry)
        else:
            faults.append(f"{where}[{position}]: Expecting start of Json Object.")
    return found


def strings(given: Any, where: str, faults: list[str]) -> tuple[str, ...]:
    """The strings of a list that may be left out; faults are added to ``faults``."""
    if given is None:
        return ()
    if isinstance(given, list) and all(isinstance(entry, str) for entry in given):
        return tuple(given)
    faults.append(f"{where}: Expecting a Json Array of Strings, not {given!r}.")
    return ()


def variable_faults(value: Any) -> Iterator[str]:
    """What is wrong with the form of the pipeline variables inside ``value``."""
    if isinstance(value, list):
        for item in value:
            yield from variable_faults(item)
    if not isinstance(value, Mapping):
        return
    if len(value) == 1:
        ((name, given),) = value.items()
        yield from _FORMS.get(name, _no_variable)(given)
    for item in value.values():
        yield from variable_faults(item)


def _no_variable(_given: Any) -> Iterator[str]:
    yield from ()


def _get(given: Any) -> Iterator[str]:
    if not isinstance(given, str):
        yield f"Get needs a path, not {given!r}."


def _join(given: Any) -> Iterator[str]:
    if not isinstance(given, Mapping) or not isinstance(given.get("Values"), list):
        yield f"Std:Join needs On and a list of Values, not {given!r}."


def _json_get(given: Any) -> Iterator[str]:
    source = given if isinstance(given, Mapping) else {}
    file = source.get("PropertyFile")
    has_file = isinstance(file, Mapping) and isinstance(file.get("Get"), str)
    if "Path" not in source or not (has_file or "S3Uri" in source):
        yield (
            'Std:JsonGet needs a Path and either PropertyFile {"Get": "Steps.<step>.'
            f'PropertyFiles.<file>"}} or S3Uri, not {given!r}.'
        )


_FORMS = {"Get": _get, "Std:Join": _join, "Std:JsonGet": _json_get}
