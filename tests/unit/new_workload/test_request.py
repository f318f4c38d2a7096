"""What makes no workload is refused whole, with what is allowed; nothing is written then."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from new_workload import environment_list
from new_workload.request import RefusedError
from tests.unit.new_workload.conftest import new


def faults(root: Path, **asked: str) -> list[str]:
    before = sorted(path for path in root.rglob("*"))
    with pytest.raises(RefusedError) as caught:
        new(root, **asked)
    assert sorted(path for path in root.rglob("*")) == before
    first, *lines = str(caught.value).splitlines()
    assert first == "nothing was written:"
    return [line.strip() for line in lines]


def test_all_faults_are_told_together(repository: Path) -> None:
    kind, framework, name = faults(repository, name="Wine_2", kind="picture", framework="jax")
    assert name.startswith("NAME=Wine_2: is no name (allowed: 2 to 32 lower-case letters")
    assert kind == "KIND=picture: is unknown (allowed: image, table)"
    assert framework == (
        "FRAMEWORK=jax: is unknown (allowed: tensorflow, pytorch, sklearn, xgboost)"
    )


def test_what_is_missing_is_named(repository: Path) -> None:
    told = faults(repository, name="", kind="", framework="")
    assert [fault.partition(":")[0] for fault in told] == ["KIND", "FRAMEWORK", "NAME"]
    assert all(": is missing (allowed: " in fault for fault in told)


@pytest.mark.parametrize("framework", ["sklearn", "xgboost"])
def test_pictures_for_a_library_of_tables_are_refused_with_what_to_take(
    repository: Path, framework: str
) -> None:
    (fault,) = faults(repository, kind="image", framework=framework)
    assert "take FRAMEWORK=tensorflow or pytorch, or KIND=table" in fault


def test_a_workload_that_is_there_is_not_written_over(repository: Path) -> None:
    (fault,) = faults(repository, name="iris-xgboost")
    assert fault == (
        "NAME=iris-xgboost: config/workloads/iris-xgboost.yaml is there already; take another name"
    )


def test_a_folder_that_is_there_is_not_written_into(repository: Path) -> None:
    (fault,) = faults(repository, name="iris-sklearn", framework="sklearn")
    assert "model_code/iris_sklearn/ is there already" in fault


@pytest.mark.parametrize("name", ["random", "class", "numpy", "contracts", "torch"])
def test_a_name_that_python_has_already_is_refused(repository: Path, name: str) -> None:
    (fault,) = faults(repository, name=name, framework="sklearn")
    assert f"Python has a module or word {name} already" in fault


def test_a_name_that_the_stacks_could_not_tell_from_another_is_refused(repository: Path) -> None:
    new(repository, name="wine-2")
    (fault,) = faults(repository, name="wine2")
    assert "differ by hyphens alone" in fault


@pytest.mark.parametrize(
    "name", ["w", "9wine", "my wine", "my--wine", "w" * 33, "wine-", "../wine"]
)
def test_a_bad_name_is_refused(repository: Path, name: str) -> None:
    (fault,) = faults(repository, name=name)
    assert fault.startswith(f"NAME={name}: is no name")


def test_the_name_joins_the_list_and_nothing_else_of_the_file_changes(repository: Path) -> None:
    path = repository / "config" / "environments" / "local.yaml"
    before = path.read_text()
    new(repository)
    after = path.read_text()
    names = yaml.safe_load(before)["workloads"]
    assert yaml.safe_load(after)["workloads"] == [*names, "my-wine"]
    assert after.replace("  - my-wine\n", "") == before


@pytest.mark.parametrize(
    "text",
    [
        "workloads:\n  - a\n  # the last one\n  - b\nregion: x\n",
        "workloads: # here\n- a\n\n- b\n\n# of the region\nregion: x\n",
        "region: x\nworkloads:\n  - a",
    ],
)
def test_a_list_in_lines_is_added_to_however_it_is_laid_out(text: str) -> None:
    added = environment_list.with_name(text, "c")
    assert environment_list.listed(added) == [*environment_list.listed(text), "c"]
    assert set(text.splitlines()) < set(added.splitlines())


def test_a_list_in_one_line_is_left_to_the_user(repository: Path) -> None:
    path = repository / "config" / "environments" / "local.yaml"
    path.write_text("workloads: [iris-xgboost]\n")
    (fault,) = faults(repository)
    assert fault == (
        "config/environments/local.yaml: lists its workloads in one line; "
        "add my-wine to them by hand"
    )


@pytest.mark.parametrize("text", ["region: x\n", "workloads: 3\n", "[", ""])
def test_a_file_without_a_list_is_refused(repository: Path, text: str) -> None:
    (repository / "config" / "environments" / "local.yaml").write_text(text)
    (fault,) = faults(repository)
    assert fault.startswith("config/environments/local.yaml: has no list `workloads`")
