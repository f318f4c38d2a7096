"""The approved model that a candidate must not be worse than.

`champion.json` beside its model.tar.gz, from the pipeline's FindChampion step:

    {"schema_version": 1, "model_package_arn": "arn:…" or null, "dataset_version": "…" or null}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.evaluation import models
from shared.evaluation.models import Asked
from shared.faults import RefusedError

FILE = "champion.json"
_VERSION = 1
_WHAT = (
    "the approved model cannot be judged on this run's test data; approve another version, or set "
    "`gate.compare: false` in the workload's YAML to let this run pass without a comparison:"
)


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The approved model package, loaded."""

    model_package_arn: str
    dataset_version: str | None
    asked: Asked


def find(folder: Path, target: Path, *, module: str, classes: Sequence[str]) -> Champion | None:
    """The champion in a folder, unpacked into `target`; None where there is none yet.

    Raises:
        RefusedError: there is one, and it cannot be loaded; says what to do.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    with telling():
        document = json.loads(path.read_bytes())
        version = document.get("schema_version")
        if version != _VERSION:
            raise ValueError(f"{path}: schema_version {version!r} is unknown; known is {_VERSION}")
        arn = document.get("model_package_arn")
        if arn is None:
            return None
    with telling(arn):
        return Champion(
            model_package_arn=arn,
            dataset_version=document.get("dataset_version"),
            asked=models.load(folder, target, module=module, classes=classes),
        )


@contextmanager
def telling(arn: str = FILE) -> Iterator[None]:
    """Whatever goes wrong with a model of another time: it is told, with the way out."""
    try:
        yield
    except RefusedError as error:
        raise RefusedError(_WHAT, [f"{arn}: {' '.join(str(error).split())}"]) from error
    except Exception as error:
        fault = f"{arn}: {type(error).__name__}: {error}"
        raise RefusedError(_WHAT, [fault]) from error
