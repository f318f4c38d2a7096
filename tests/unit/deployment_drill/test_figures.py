from __future__ import annotations

import pytest

from tests.deployment_drill.figures import Figures


@pytest.fixture
def figures() -> Figures:
    found = Figures()
    found.tell("load", "p99", "12 ms")
    found.hold("load", "failed", 3, "0", holds=False)
    found.hold("kills", "right", "9 of 9", "all", holds=True)
    return found


def test_the_table_has_a_row_a_figure_and_names_each_drill_once(figures: Figures) -> None:
    assert figures.table().splitlines() == [
        "| drill | figure | measured | wanted |         |",
        "| ----- | ------ | -------- | ------ | ------- |",
        "| load  | p99    | 12 ms    |        |         |",
        "|       | failed | 3        | 0      | NOT MET |",
        "| kills | right  | 9 of 9   | all    | holds   |",
    ]


def test_a_drill_fails_with_what_it_misses(figures: Figures) -> None:
    with pytest.raises(AssertionError, match="load: failed: 3, wanted is 0"):
        figures.check("load")
    figures.check("kills")
