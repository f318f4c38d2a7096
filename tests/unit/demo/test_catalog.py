"""Which data a workload gets, and which workloads are deployed for a demo."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from demo.catalog import CATALOG, CUSTOMERS_FILE, data_of
from demo.configuration import check_workload, layout_of, workloads_of
from demo.environment import together
from demo.errors import DemoError

CONFIG = Path(__file__).resolve().parents[3] / "config"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "environments").mkdir()
    (tmp_path / "workloads").mkdir()
    (tmp_path / "environments" / "local.yaml").write_text("workloads: [one, two]\n")
    (tmp_path / "workloads" / "mine.yaml").write_text("data: {layout: cub-200-2011}\n")
    (tmp_path / "workloads" / "one.yaml").write_text("data: {kind: table}\n")
    (tmp_path / "workloads" / "two.yaml").write_text("extends: mine\ndescription: the same\n")
    return tmp_path


def test_workloads_of_which_the_demo_has_data_are_deployed_with_the_environment() -> None:
    """A user's own may be there as well, and brings its data itself."""
    assert set(CATALOG) <= set(workloads_of("local"))


def test_a_workload_of_ones_own_is_asked_for_its_data() -> None:
    with pytest.raises(DemoError, match=r"no data for the workload `mine`.*--data FOLDER"):
        data_of("mine")


def test_a_folder_is_uploaded_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine" / "a").mkdir(parents=True)
    (tmp_path / "mine" / "a" / "x y.csv").write_text("1,2\n")
    (delivery,) = data_of("iris-xgboost", tmp_path / "mine").deliveries
    delivery.write(tmp_path / "copy")
    assert (tmp_path / "copy" / "a" / "x y.csv").read_text() == "1,2\n"


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="no folder with files"):
        data_of("mine", tmp_path)


def test_the_second_delivery_of_customers_takes_the_place_of_the_first(tmp_path: Path) -> None:
    first, second = data_of("churn-xgboost").deliveries
    first.write(tmp_path)
    before = (tmp_path / CUSTOMERS_FILE).read_text()
    second.write(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [CUSTOMERS_FILE]
    with (tmp_path / CUSTOMERS_FILE).open() as file:
        assert len(list(csv.reader(file))) == 4001
    assert (tmp_path / CUSTOMERS_FILE).read_text() != before


def test_a_demo_of_one_workload_keeps_those_that_are_deployed() -> None:
    assert together(["c"], ["a"], ["a", "b", "c"]) == ["a", "c"]


def test_an_unknown_workload_is_refused_with_those_that_there_are(config: Path) -> None:
    check_workload("two", "local", config)
    with pytest.raises(DemoError, match="no workload `three`; there are one, two"):
        check_workload("three", "local", config)


def test_a_workload_that_the_environment_does_not_list_is_told_where_to_add_it(
    config: Path,
) -> None:
    with pytest.raises(DemoError, match=r"environments/local\.yaml \(one, two\): add it there"):
        check_workload("mine", "local", config)


def test_the_layout_of_pictures_is_the_one_of_the_workloads_file(config: Path) -> None:
    assert layout_of("mine", config) == "cub-200-2011"
    assert layout_of("two", config) == "cub-200-2011"
    assert layout_of("one", config) == "folders"
