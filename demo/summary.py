"""What the demo prints of a model: its predictions, its report, where things are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts import names
from demo.clock import StageClock, spell
from demo.joined_lines import JoinedLine
from demo.predict import Prediction

MOST_CLASSES = 20
"""A wider confusion matrix is left to the report's page."""


def gate_metric(report: dict[str, Any]) -> tuple[str, float]:
    """Name and test value of the metric that the gate looked at."""
    comparison = report.get("comparison")
    name = comparison["metric"] if comparison else "accuracy"
    return name, float(report["metrics"][name]["value"])


def examples_of(report: dict[str, Any]) -> str:
    """What the report's rows are, for people."""
    return "rows" if report.get("kind") == "table" else "pictures"


def report_lines(report: dict[str, Any]) -> list[str]:
    """The report in some sentences: metrics, champion, batch transform."""
    rows = f"{report['rows']} held-out {examples_of(report)}"
    figures = "  ".join(f"{name} {it['value']:.4f}" for name, it in report["metrics"].items())
    lines = [f"on {rows}: {figures}"]
    comparison = report.get("comparison")
    if comparison and comparison["champion"] is not None:
        lines.append(
            f"champion gate: {comparison['metric']} {comparison['candidate']:.4f}, the approved "
            f"model's on the same {examples_of(report)} {comparison['champion']:.4f}"
        )
    elif comparison:
        lines.append("champion gate: no model was approved before, the floor alone counts")
    if transform := report.get("batch_transform"):
        lines.append(
            f"batch transform: {transform['rows']} {examples_of(report)} served, "
            f"{transform['agreement']:.1%} answered as in the evaluation"
        )
    return lines


def print_title(console: Console, title: str) -> None:
    """Of what follows; a table's own title would be broken to the width of the table."""
    console.print(Text(f"\n{title}", style="italic"), soft_wrap=True)


def print_predictions(console: Console, predictions: list[Prediction], what: str) -> None:
    print_title(console, f"held-out {what}, answered by the endpoint")
    table = Table()
    for column in ("example", "label", "prediction", "confidence"):
        table.add_column(column, overflow="fold")
    for item in predictions:
        table.add_row(_short_key(item), item.label, _judged(item), f"{item.confidence:.3f}")
    console.print(table)


def print_joined_lines(console: Console, lines: Sequence[JoinedLine], shown: int) -> None:
    """Some lines from all over the file, as they are in S3, and what they say."""
    print_title(console, "batch transform: input lines with the prediction joined")
    for line in lines[:: max(1, len(lines) // shown)][:shown]:
        told = Text("  ").append(line.text).append("   label ", "dim").append(line.label)
        told.append(", prediction ", "dim").append_text(_judged(line))
        console.print(told, soft_wrap=True, highlight=False)


def print_confusion_matrix(console: Console, report: dict[str, Any]) -> None:
    classes, matrix = report["classes"], report["confusion_matrix"]
    if len(classes) > MOST_CLASSES or not matrix:
        return
    print_title(console, "confusion matrix (rows: label, columns: prediction)")
    table = Table()
    table.add_column("")
    for number, name in enumerate(classes):
        table.add_column(name if _short(classes) else str(number), justify="right")
    for number, (name, row) in enumerate(zip(classes, matrix, strict=True)):
        cells = [
            Text(str(count) if count else "·", style="green" if place == number else "red")
            for place, count in enumerate(row)
        ]
        table.add_row(name if _short(classes) else f"{number} {name}", *cells)
    console.print(table)


def print_clock(console: Console, clock: StageClock) -> None:
    print_title(console, "what each stage took")
    table = Table()
    table.add_column("stage")
    table.add_column("wall clock", justify="right")
    for stage, seconds in clock.seconds.items():
        table.add_row(stage, spell(seconds))
        for part, taken in clock.parts.get(stage, {}).items():
            table.add_row(Text(f"  {part}", style="dim"), Text(spell(taken), style="dim"))
    table.add_section()
    table.add_row("all", spell(clock.total))
    console.print(table)


def print_places(console: Console, places: dict[str, str]) -> None:
    """One line a place and never wrapped, so that each can be copied."""
    print_title(console, "where things are")
    width = max(len(what) for what in places)
    for what, where in places.items():
        line = f"  {what:<{width}}  {where}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _short_key(item: Prediction) -> str:
    """Without the upload prefix, which all have."""
    return item.example.removeprefix(names.UPLOADS).partition("/")[2] or item.example


def _judged(item: Prediction | JoinedLine) -> Text:
    return Text(item.predicted, style="green" if item.predicted == item.label else "bold red")


def _short(classes: Sequence[str]) -> bool:
    """Whether the names of all classes fit above the columns of one table."""
    return sum(len(name) + 3 for name in classes) < 60
