"""The arrows between the packages are those of the README's map, and no others."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {"app", "benchmarks", "contracts", "demo", "infra", "lambdas", "local_cloud", "model_code"}
OURS |= {"scripts", "stacks", "tests"}

ARROWS: dict[str, set[str]] = {
    "app": {"infra", "stacks"},
    "stacks": {"contracts", "infra"},
    "infra": {"contracts"},
    "contracts": set(),
    "lambdas": {"contracts"},
    "model_code": {"contracts"},
    "local_cloud": set(),
    "demo": {"contracts", "local_cloud"},
    "scripts": set(),
}
# Where third-party packages are limited as well: these travel into Lambdas and containers.
THIRD_PARTY: dict[str, set[str]] = {
    "contracts": set(),
    "lambdas": {"boto3", "botocore"},
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


def siblings(file: Path) -> set[str]:
    """Modules beside the file: model code is its own import root inside a container."""
    return {path.stem for path in file.parent.glob("*.py")}


@pytest.mark.parametrize("package", sorted(ARROWS))
def test_a_package_imports_only_what_the_map_allows(package: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in python_files(package)
        for module in imported_modules(file)
        if (top := module.split(".")[0]) in OURS - {package} and top not in ARROWS[package]
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
        waiting += [file.parent / f"{name}.py" for name in modules & siblings(file)]
    assert len(reached) > 1


def test_the_map_names_every_package_that_there_is() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "benchmarks"} <= set(ARROWS)
