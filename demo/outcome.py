"""What came of a workload's demo, and the table of all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo.clock import spell
from demo.simulated import EVERYWHERE
from demo.summary import print_title

COLUMNS = ("workload", "gate metric", "test value", "rows", "trials", "wall time", "simulated")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Figures of the last model that a workload's demo brought live, or why there is none.

    Attributes:
        metric: that the gate looked at, with its value on the held-out data.
        rows: held-out examples.
        trials: training jobs of all tuning that the demo did.
        simulated: what was not the real thing.
        fault: why it failed; None where it did not.
    """

    workload: str
    seconds: float
    metric: str = ""
    value: float | None = None
    rows: int | None = None
    trials: int = 0
    simulated: tuple[str, ...] = field(default=())
    fault: str | None = None

    def cells(self) -> list[str]:
        """One text a column."""
        return [
            self.workload,
            "failed" if self.fault else self.metric,
            "-" if self.value is None else f"{self.value:.4f}",
            "-" if self.rows is None else str(self.rows),
            str(self.trials),
            spell(self.seconds),
            "; ".join(self.simulated) or "-",
        ]


def print_outcomes(console: Console, outcomes: list[Outcome]) -> None:
    print_title(console, "all workloads")
    table = Table(padding=(0, 1, 0, 0), box=SIMPLE_HEAD)
    for column in COLUMNS[:-1]:
        table.add_column(column, no_wrap=True)
    for outcome in outcomes:
        name, *others = outcome.cells()[:-1]
        style = "bold red" if outcome.fault else "green"
        table.add_row(Text(name, style=style), *others)
    console.print(table)

    def say(line: str, style: str = "") -> None:
        console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)

    # Below the table: as a column they would not fit into a narrow terminal.
    print_title(console, "what was not the real thing")
    say(EVERYWHERE)
    for outcome in outcomes:
        if outcome.simulated:
            say(f"  {outcome.workload}: {outcome.cells()[-1]}")
    for outcome in outcomes:
        if outcome.fault:
            say(f"{outcome.workload} failed: {outcome.fault}", "red")


def save_outcomes(file: Path, outcomes: list[Outcome]) -> None:
    """The table in Markdown."""
    rows = [list(COLUMNS), ["---"] * len(COLUMNS), *(outcome.cells() for outcome in outcomes)]
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    file.write_text("\n".join([*lines, "", EVERYWHERE, ""]))
