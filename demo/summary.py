"""What the demo prints at its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo.clock import StageClock, spell
from demo.predict import Prediction


def read_report(s3: Any, uri: str) -> dict[str, Any]:
    """The evaluation report at an S3 URI."""
    report: dict[str, Any] = json.loads(_read(s3, uri))
    return report


def save_page(s3: Any, report_uri: str, path: Path) -> None:
    """The page that evaluate.py put beside the report, as a file that a browser opens."""
    path.write_bytes(_read(s3, report_uri.removesuffix(".json") + ".html"))


def _read(s3: Any, uri: str) -> bytes:
    location = urlsplit(uri)
    answer = s3.get_object(Bucket=location.netloc, Key=location.path.lstrip("/"))
    content: bytes = answer["Body"].read()
    return content


def print_predictions(console: Console, predictions: list[Prediction]) -> None:
    table = Table(title="held-out pictures, answered by the endpoint", title_justify="left")
    for column in ("picture", "label", "prediction", "confidence"):
        table.add_column(column)
    for item in predictions:
        style = "green" if item.predicted == item.label else "bold red"
        table.add_row(
            item.picture, item.label, Text(item.predicted, style=style), f"{item.confidence:.3f}"
        )
    console.print(table)


def print_confusion_matrix(console: Console, report: dict[str, Any]) -> None:
    classes, matrix = report["classes"], report["confusion_matrix"]
    table = Table(title="confusion matrix (rows: label, columns: prediction)", title_justify="left")
    table.add_column("")
    for name in classes:
        table.add_column(name, justify="right")
    for name, row in zip(classes, matrix, strict=True):
        cells = [
            Text(str(count) if count else "·", style="green" if predicted == name else "red")
            for predicted, count in zip(classes, row, strict=True)
        ]
        table.add_row(name, *cells)
    console.print(table)


def print_clock(console: Console, clock: StageClock) -> None:
    table = Table(title="what each stage took", title_justify="left")
    table.add_column("stage")
    table.add_column("wall clock", justify="right")
    for stage, seconds in clock.seconds.items():
        table.add_row(stage, spell(seconds))
    table.add_section()
    table.add_row("all", spell(clock.total))
    console.print(table)


def print_places(console: Console, places: dict[str, str]) -> None:
    """One line a place and never wrapped, so that each can be copied."""
    console.print("\n[italic]where things are[/italic]")
    width = max(len(what) for what in places)
    for what, where in places.items():
        line = f"  {what:<{width}}  {where}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
