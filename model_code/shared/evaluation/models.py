"""The models that an evaluation asks: unpacked, loaded by a workload's predictor, checked."""

from __future__ import annotations

import hashlib
import importlib
import re
import tarfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from shared import archives
from shared.faults import RefusedError

Array = np.ndarray[Any, Any]

ARCHIVE = "model.tar.gz"
MODULE_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
# Models answer in float32, and some with few digits.
_SUM_TOLERANCE = 0.01


class Predictor(Protocol):
    """What a predictor's `load` answers; it may have more, see `Asked`."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names that this model knows, by the columns of its answers."""

    def predict(self, inputs: Any) -> Array:
        """Probabilities [n, classes] of n inputs, each row adding up to 1.

        Args:
            inputs: encoded pictures (a list of bytes), or rows of a table (float64 [n, features],
                NaN for missing).
        """


class Asked:
    """A model under test: its answers come by the test data's classes, and are checked.

    Attributes:
        size_bytes: of the packed model.
        sha256: its digest, by which a deployment knows it again.
        columns: names of the answers' columns: the test data's classes, then those that only the
            model knows.
        unknown: classes of the test data that the model does not know; it gives them 0.
        learning_curve: figures of each epoch or round, where the predictor tells them.
        hyperparameters: of the training, where the predictor tells them.
        staged: the predictor's function of that name, or None; the answers come by its own
            classes.
        rounds: of boosting, where the predictor tells them.
    """

    def __init__(
        self, predictor: Predictor, classes: Sequence[str], size_bytes: int, sha256: str = ""
    ) -> None:
        known = tuple(predictor.classes)
        self._predictor = predictor
        self.size_bytes = size_bytes
        self.sha256 = sha256
        self.columns = (*classes, *(name for name in known if name not in set(classes)))
        self.unknown = tuple(name for name in classes if name not in set(known))
        place = {name: number for number, name in enumerate(self.columns)}
        self._places = np.array([place[name] for name in known], np.int64)
        self.learning_curve: Sequence[Any] = getattr(predictor, "learning_curve", None) or ()
        self.staged: Callable[[Any], Iterable[tuple[int, Array]]] | None = getattr(
            predictor, "staged", None
        )
        self.rounds: int | None = getattr(predictor, "rounds", None)
        self.hyperparameters: dict[str, Any] = getattr(predictor, "hyperparameters", None) or {}

    def probabilities(self, inputs: Any) -> Array:
        """Probabilities [n, columns] of n inputs.

        Raises:
            RefusedError: the predictor's answer is none.
        """
        answer = np.asarray(self._predictor.predict(inputs), dtype=np.float64)
        wanted = (len(inputs), len(self._places))
        if answer.shape != wanted:
            fault = f"it answered an array of shape {answer.shape}, expected {wanted}"
            raise RefusedError("the predictor does not answer probabilities:", [fault])
        wrong = ~np.isfinite(answer).all(axis=1) | (np.abs(answer.sum(axis=1) - 1) > _SUM_TOLERANCE)
        if wrong.any():
            shown = np.array2string(answer[int(wrong.argmax())], threshold=8)
            fault = f"a row is {shown}, expected numbers that add up to 1"
            raise RefusedError("the predictor does not answer probabilities:", [fault])
        if answer.shape[1] == len(self.columns) and not self.unknown:
            ordered = np.empty_like(answer)
        else:
            ordered = np.zeros((len(answer), len(self.columns)))
        ordered[:, self._places] = answer
        return ordered


def load(folder: Path, target: Path, *, module: str, classes: Sequence[str]) -> Asked:
    """Unpack the model.tar.gz of a folder and load it.

    Args:
        target: folder to unpack into, which is to stay as long as the model is asked.
        module: dotted name of the predictor's module, with a function
            ``load(model_dir, classes)``.
        classes: of the test data.

    Raises:
        RefusedError: there is no such module, or the archive is missing, damaged or no model.
    """
    unpack(folder, target)
    loader = getattr(_imported(module), "load", None)
    if not callable(loader):
        fault = f"{module}: has no function load(model_dir, classes)"
        raise RefusedError("the predictor is missing:", [fault])
    predictor = loader(target, tuple(classes))
    archive = folder / ARCHIVE
    with archive.open("rb") as packed:
        digest = hashlib.file_digest(packed, "sha256").hexdigest()
    return Asked(predictor, classes, archive.stat().st_size, digest)


def unpack(folder: Path, target: Path) -> None:
    """Unpack the one model.tar.gz of a folder; nothing in it can be written elsewhere.

    Raises:
        RefusedError: it is missing, damaged, or holds what a model must not.
    """
    archive = folder / ARCHIVE
    if not archive.is_file():
        raise RefusedError("the model is missing:", [f"{archive}: is missing"])
    try:
        with tarfile.open(archive, "r:gz") as tar:
            archives.extract(tar, target)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise RefusedError("the model is damaged:", [f"{archive}: {error}"]) from error


def _imported(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            fault = f"--predictor: there is no module {module} beside the evaluation's code"
        else:
            fault = (
                f"--predictor: {module} needs {error.name}, which this container lacks; choose "
                "an image for the evaluation that has it"
            )
        raise RefusedError("the predictor is missing:", [fault]) from error
