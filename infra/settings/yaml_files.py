"""Reading YAML with the faults that PyYAML lets pass: a key that stands twice in a mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from infra.settings.faults import Fault


class _Loader(yaml.SafeLoader):
    """SafeLoader that notes keys which stand twice; the later would silently win."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    self.repeated.append((key.value, key.start_mark.line + 1))
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read_mapping(path: Path, shown: str) -> tuple[dict[str, Any] | None, list[Fault]]:
    """The mapping in a YAML file, or None if it cannot be read, with the faults found.

    Args:
        path: the file.
        shown: the file's name as faults should give it.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        return None, [Fault(shown, "", f"is not UTF-8 text: {error.reason}")]
    except yaml.YAMLError as error:
        return None, [_syntax_fault(shown, error)]
    try:
        content = loader.get_single_data()
    except yaml.YAMLError as error:
        return None, [_syntax_fault(shown, error)]
    finally:
        loader.dispose()
    faults = [
        Fault(shown, key, f"stands twice in its mapping, again on line {line}", "each key once")
        for key, line in dict.fromkeys(loader.repeated)
    ]
    if not isinstance(content, dict):
        return None, [*faults, Fault(shown, "", "is empty or no mapping", "lines of `key: value`")]
    odd = [key for key in content if not isinstance(key, str)]
    faults += [Fault(shown, str(key), "is no text", "a key of letters") for key in odd]
    return {key: value for key, value in content.items() if isinstance(key, str)}, faults


def _syntax_fault(shown: str, error: yaml.YAMLError) -> Fault:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        context = f"{error.context}: " if error.context else ""
        where = f"line {mark.line + 1}, column {mark.column + 1}"
        return Fault(shown, "", f"is no valid YAML, {where}: {context}{error.problem}")
    return Fault(shown, "", f"is no valid YAML: {error}")
