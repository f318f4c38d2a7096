"""The names of a dataset's classes, by label: `classes.json` beside data and model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from shared.faults import RefusedError

FILE = "classes.json"


def write(folder: Path, classes: Sequence[str]) -> None:
    """Write `classes.json`: the names of the classes, by label."""
    text = json.dumps(list(classes), ensure_ascii=False) + "\n"
    (folder / FILE).write_text(text, encoding="utf-8")


def read(folder: Path) -> tuple[str, ...]:
    """The names in `classes.json`, by label.

    Raises:
        RefusedError: no such file, or not a list of two or more different texts.
    """
    path = folder / FILE
    wanted = "expected a JSON list of two or more different class names, as prepare.py writes it"
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RefusedError("data is missing:", [f"{path}: is missing; {wanted}"]) from error
    except ValueError as error:
        raise RefusedError("data is damaged:", [f"{path}: {error}; {wanted}"]) from error
    texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not texts or len(names) < 2 or len(set(names)) < len(names):
        raise RefusedError("data is damaged:", [f"{path}: holds {names!r}; {wanted}"])
    return tuple(names)
