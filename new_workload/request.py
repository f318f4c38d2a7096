"""What is asked for, and everything that is wrong with it."""

from __future__ import annotations

import importlib.util
import keyword
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from infra.settings.model import Name
from infra.settings.name_faults import name_faults

KINDS = ("image", "table")
FRAMEWORKS = ("tensorflow", "pytorch", "sklearn", "xgboost")
INSTEAD = {
    ("image", "sklearn"): "scikit-learn has no networks for pictures; "
    "take FRAMEWORK=tensorflow or pytorch, or KIND=table with features that you computed",
    ("image", "xgboost"): "XGBoost learns from tables; "
    "take FRAMEWORK=tensorflow or pytorch, or KIND=table with features that you computed",
}
"""Why a combination has no template, and what to take in its place."""

OF_IMAGES = frozenset({"tensorflow", "torch", "torchvision", "transformers", "horovod"})
"""Modules of the containers, which may not be installed here."""

ENVIRONMENT = "local"


class RefusedError(Exception):
    """A workload that cannot be made. `faults`: every reason, one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(["nothing was written:", *(f"  {fault}" for fault in faults)]))


@dataclass(frozen=True, kw_only=True)
class NewWorkload:
    """A workload to be made in the repository at `root`."""

    root: Path
    name: str
    kind: str
    framework: str

    @property
    def package(self) -> str:
        """Name of its Python package and of its folder in `model_code`."""
        return self.name.replace("-", "_")

    @property
    def template(self) -> str:
        return f"{self.kind}_{self.framework}"

    @property
    def settings_file(self) -> Path:
        return self.root / "config" / "workloads" / f"{self.name}.yaml"

    @property
    def environment_file(self) -> Path:
        return self.root / "config" / "environments" / f"{ENVIRONMENT}.yaml"

    @property
    def code_folder(self) -> Path:
        return self.root / "model_code" / self.package

    def faults(self, listed: list[str]) -> list[str]:
        """Everything that is wrong with it, one sentence each.

        Args:
            listed: the workloads that the environment has already.
        """
        return [*self._choice_faults(), *self._name_faults(listed)]

    def _choice_faults(self) -> Iterator[str]:
        known = True
        for option, value, allowed in (
            ("KIND", self.kind, KINDS),
            ("FRAMEWORK", self.framework, FRAMEWORKS),
        ):
            if value not in allowed:
                known = False
                problem = f"{option}={value}: is unknown" if value else f"{option}: is missing"
                yield f"{problem} (allowed: {', '.join(allowed)})"
        if known and (self.kind, self.framework) in INSTEAD:
            told = INSTEAD[self.kind, self.framework]
            yield f"KIND={self.kind} FRAMEWORK={self.framework}: {told}"

    def _name_faults(self, listed: list[str]) -> Iterator[str]:
        shown = f"NAME={self.name}"
        try:
            TypeAdapter(Name).validate_python(self.name)
        except ValidationError:
            allowed = (
                "2 to 32 lower-case letters and digits, words with hyphens between, as in my-wine"
            )
            problem = f"{shown}: is no name" if self.name else "NAME: is missing"
            yield f"{problem} (allowed: {allowed})"
            return
        if self.settings_file.exists():
            yield f"{shown}: {self._path(self.settings_file)} is there already; take another name"
        if self.code_folder.exists():
            yield f"{shown}: {self._path(self.code_folder)}/ is there already; take another name"
        elif self.framework != "xgboost" and self._is_taken_in_python():
            yield f"{shown}: Python has a module or word {self.package} already; take another name"
        for fault in name_faults(ENVIRONMENT, [*listed, self.name], ""):
            yield f"{shown}: {fault.problem} (allowed: {fault.allowed})"

    def _is_taken_in_python(self) -> bool:
        """A package of that name would hide, or be hidden by, one that the containers have."""
        if keyword.iskeyword(self.package) or self.package in (
            *sys.stdlib_module_names,
            *OF_IMAGES,
        ):
            return True
        found = importlib.util.find_spec(self.package)
        # A folder of data in the working directory has a specification too, but no origin.
        return found is not None and found.origin is not None

    def _path(self, path: Path) -> str:
        return str(path.relative_to(self.root))
