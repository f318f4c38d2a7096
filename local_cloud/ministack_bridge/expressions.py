"""MiniStack's JSONata: how long an expression of a state machine may take."""

from __future__ import annotations

import time


def time_expressions_by_processor() -> None:
    """Count the second that an expression may take, as on AWS, in the processor's time.

    The engine counts what the clock says. Of a hundred executions at once on one machine each
    waits for the others that long, and would fail with States.QueryEvaluationError.
    """
    from jsonata.timebox import Timebox  # type: ignore[import-untyped]

    def milliseconds_of_thread() -> int:
        return round(time.thread_time() * 1000)

    setattr(Timebox, "current_milli_time", staticmethod(milliseconds_of_thread))  # noqa: B010
