"""The arrows between the packages are those of the README's map, and no others."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {"app", "benchmarks", "contracts", "demo", "infra", "lambdas", "local_cloud", "model_code"}
OURS |= {"new_workload", "operate", "pretrained_weights", "scripts", "stacks", "tests"}

# Model code is a folder of packages, which stand side by side in the containers.
MODEL_PACKAGES = {path.parent.name for path in ROOT.glob("model_code/*/__init__.py")}
OURS |= MODEL_PACKAGES

ARROWS: dict[str, set[str]] = {
    "app": {"infra", "stacks"},
    "stacks": {"contracts", "infra"},
    "infra": {"contracts"},
    "contracts": set(),
    "lambdas": {"contracts"},
    "model_code": {"contracts", *MODEL_PACKAGES},
    "local_cloud": set(),
    "demo": {"contracts", "local_cloud"},
    # Its templates import what their workloads will.
    "new_workload": {"infra", "shared"},
    "operate": {"contracts"},
    "pretrained_weights": {"contracts"},
    "scripts": set(),
}
# Where third-party packages are limited as well: these travel into Lambdas and containers.
THIRD_PARTY: dict[str, set[str]] = {
    "contracts": set(),
    "lambdas": {"boto3", "botocore"},
    "operate": {"boto3", "botocore", "rich"},
    "scripts": set(),
}


def python_files(package: str) -> list[Path]:
    if package == "app":
        return [ROOT / "app.py"]
    return sorted((ROOT / package).rglob("*.py"))


def imported_modules(file: Path) -> Iterator[str]:
    """Every module that a file imports, whether at its top or within a function."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def model_files(file: Path) -> set[Path]:
    """The files of model code that a file imports, with the packages above them."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            folders = [Path(*parts[:depth]) for depth in range(1, len(parts) + 1)]
            candidates = [Path(*parts).with_suffix(".py"), *(f / "__init__.py" for f in folders)]
            found |= {ROOT / "model_code" / path for path in candidates}
    return {path for path in found if path.is_file()}


@pytest.mark.parametrize("package", sorted(ARROWS))
def test_a_package_imports_only_what_the_map_allows(package: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in python_files(package)
        for module in imported_modules(file)
        if (top := module.split(".")[0]) in OURS - {package} and top not in ARROWS[package]
    ]
    assert not wrong


def test_the_json_protocol_knows_none_of_the_services_that_speak_it() -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in python_files("local_cloud/json_api")
        for module in imported_modules(file)
        if module.startswith("local_cloud.")
        and module.split(".")[1] not in {"json_api", "ministack_bridge"}
    ]
    assert not wrong


@pytest.mark.parametrize("package", sorted(THIRD_PARTY))
def test_what_travels_into_containers_brings_no_packages_along(package: str) -> None:
    allowed = OURS | THIRD_PARTY[package] | set(sys.stdlib_module_names)
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in python_files(package)
        for module in imported_modules(file)
        if module.split(".")[0] not in allowed
    ]
    assert not wrong


@pytest.mark.parametrize("entry", sorted(ROOT.glob("model_code/*/train.py")), ids=str)
def test_training_code_never_reaches_boto3(entry: Path) -> None:
    reached: set[Path] = set()
    waiting = [entry]
    while waiting:
        file = waiting.pop()
        if file in reached:
            continue
        reached.add(file)
        modules = {module.split(".")[0] for module in imported_modules(file)}
        assert not modules & {"boto3", "botocore"}, file
        waiting += model_files(file)
    assert len(reached) > 3


@pytest.mark.parametrize("package", sorted(MODEL_PACKAGES))
def test_a_workload_uses_what_is_shared_and_no_other_workload(package: str) -> None:
    allowed = {"shared", package}
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in python_files(f"model_code/{package}")
        for module in imported_modules(file)
        if module.split(".")[0] in MODEL_PACKAGES - allowed
    ]
    assert not wrong


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob("model_code/shared/serving/*.py")), ids=lambda path: path.name
)
def test_what_travels_into_a_models_archive_imports_nothing_but_itself(file: Path) -> None:
    wrong = [
        module
        for module in imported_modules(file)
        if module.split(".")[0] in OURS and not module.startswith("shared.serving")
    ]
    assert not wrong


def test_the_map_names_every_package_that_there_is() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "benchmarks"} <= set(ARROWS)
