"""How a run looks: a live table on a terminal, lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from demo.clock import spell
from demo.run_state import RunState, Step, Trial

STYLES = {
    "Succeeded": "green",
    "Completed": "green",
    "Failed": "bold red",
    "Executing": "yellow",
    "InProgress": "yellow",
}
LAST_EPOCHS = 4


class RunView(Protocol):
    """Shows a run as it goes on; used as a context manager."""

    def show(self, run: RunState, epochs: dict[str, list[str]]) -> None:
        """The newest state, and the epoch lines that came since the last call, a job."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class LiveView:
    """Redraws one table in place (rich)."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=4)
        self._epochs: list[str] = []

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def show(self, run: RunState, epochs: dict[str, list[str]]) -> None:
        for job, lines in epochs.items():
            self._epochs += [f"{short(job)}  {line}" for line in lines]
        parts: list[RenderableType] = [steps_table(run.steps)]
        if run.trials:
            parts.append(trials_table(run.trials))
        parts += [Text(line, style="dim") for line in self._epochs[-LAST_EPOCHS:]]
        self._live.update(Group(*parts))


class LineView:
    """Prints a line for each thing that changed, for logs and CI."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._seen: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def show(self, run: RunState, epochs: dict[str, list[str]]) -> None:
        for step in run.steps:
            if step.status == "Starting":
                continue
            took = "" if step.status == "Executing" else f" after {spell(step.seconds)}"
            self._tell(f"step {step.name}", f"step {step.name}: {step.status}{took}", step.status)
        for trial in run.trials:
            line = f"  trial {short(trial.name)}: {trial.status}  {spell_values(trial)}"
            if trial.objective is not None:
                line += f"  objective {trial.objective:.4f}"
            self._tell(f"trial {trial.name}", line, f"{trial.status} {trial.objective}")
        for job, lines in epochs.items():
            for line in lines:
                self._say(f"  {short(job)}  {line}")

    def _tell(self, key: str, line: str, state: str) -> None:
        if self._seen.get(key) != state:
            self._seen[key] = state
            self._say(line)


def view_for(console: Console, say: Callable[[str], None]) -> LiveView | LineView:
    return LiveView(console) if console.is_terminal else LineView(say)


def steps_table(steps: list[Step]) -> Table:
    table = Table(title="pipeline", title_justify="left")
    for column in ("step", "state", "duration"):
        table.add_column(column)
    for step in steps:
        state = Text(step.status, style=STYLES.get(step.status, ""))
        table.add_row(step.name, state, spell(step.seconds))
    return table


def trials_table(trials: list[Trial]) -> Table:
    table = Table(title="tuning trials", title_justify="left")
    names = sorted({key for trial in trials for key in trial.hyperparameters})
    for column in ("trial", "state", *names, "objective"):
        table.add_column(column)
    for trial in trials:
        objective = "" if trial.objective is None else f"{trial.objective:.4f}"
        table.add_row(
            short(trial.name),
            Text(trial.status, style=STYLES.get(trial.status, "")),
            *(rounded(trial.hyperparameters.get(name, "")) for name in names),
            Text(objective, style="bold green" if trial.best else ""),
        )
    return table


def short(job_name: str) -> str:
    """The part of a job's name that tells it apart: ``001`` of a tuner's trial, else the step."""
    parts = job_name.split("-")
    if len(parts) >= 2 and parts[-2].isdigit():
        return parts[-2]
    return parts[2] if len(parts) > 3 and parts[0] == "pipelines" else job_name


def rounded(value: str) -> str:
    """Long decimals to four figures; anything else as it is."""
    try:
        return value if len(value) < 7 else f"{float(value):.4g}"
    except ValueError:
        return value


def spell_values(trial: Trial) -> str:
    values = sorted(trial.hyperparameters.items())
    return " ".join(f"{key}={rounded(value)}" for key, value in values)
