"""Runs a state machine in Amazon States Language (JSONata) in this process, in no time.

Only what this project's state machines use, and strict where AWS is: an expression without a
result fails, a Choice's condition has to be a boolean, and no state may be missing.
Sources: "Transforming data with JSONata in Step Functions" and "Handling errors in Step Functions
workflows" in AWS's developer guide.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonata  # type: ignore[import-untyped]

MOST_STATES = 2_000
# Which States.ALL does not match.
_UNCATCHABLE = ("States.Runtime", "States.DataLimitExceeded")


class TaskError(Exception):
    """What a task, or an expression of a state, failed with."""

    def __init__(self, error: str, cause: str) -> None:
        self.error = error
        self.cause = cause
        super().__init__(f"{error}: {cause}")


class Stopped(Exception):
    """The execution was stopped from outside, at the state that it was in."""


@dataclass(kw_only=True)
class Ended:
    """How an execution ended.

    Attributes:
        status: SUCCEEDED, FAILED or ABORTED.
        path: every state that it entered, in order; the last one is where it ended.
    """

    status: str
    path: list[str]
    output: Any = None
    error: str = ""
    cause: str = ""
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def last(self) -> str:
        """The state that it ended in."""
        return self.path[-1]


@dataclass(kw_only=True)
class Machine:
    """Runs executions of one definition.

    Attributes:
        call: does a task, by its resource and arguments; raises TaskError.
        sleep: is told of each wait, in seconds.
        entering: is told of each state before it does anything; may raise Stopped.
    """

    definition: Mapping[str, Any]
    call: Callable[[str, Any], Any]
    sleep: Callable[[float], None]
    entering: Callable[[str], None] = lambda state: None

    def run(self, document: Any, *, execution: str) -> Ended:
        """Run one execution to its end."""
        path: list[str] = []
        run = _Run(machine=self, execution=execution, input=document)
        name: str | None = self.definition["StartAt"]
        try:
            while name is not None:
                assert len(path) < MOST_STATES, f"no end in sight: {path[-12:]}"
                path.append(name)
                self.entering(name)
                name = run.do(self.definition["States"][name])
        except Stopped:
            return Ended(status="ABORTED", path=path, variables=run.variables)
        except TaskError as error:
            return Ended(
                status="FAILED",
                path=path,
                error=error.error,
                cause=error.cause,
                variables=run.variables,
            )
        return Ended(status="SUCCEEDED", path=path, output=run.input, variables=run.variables)


@dataclass(kw_only=True)
class _Run:
    machine: Machine
    execution: str
    input: Any
    variables: dict[str, Any] = field(default_factory=dict)

    def do(self, state: Mapping[str, Any]) -> str | None:
        """Do a state; answers the next one."""
        match state["Type"]:
            case "Pass":
                self.input = self._value(state.get("Output", self.input))
                self._assign(state)
            case "Wait":
                self.machine.sleep(self._value(state["Seconds"]))
                self._assign(state)
            case "Choice":
                return self._choose(state)
            case "Fail":
                raise TaskError(self._value(state["Error"]), self._value(state["Cause"]))
            case "Task":
                return self._task(state)
            case other:
                raise AssertionError(f"states of type {other} are not run here")
        return None if state.get("End") else state["Next"]

    def _choose(self, state: Mapping[str, Any]) -> str:
        for choice in state["Choices"]:
            condition = self._value(choice["Condition"])
            if not isinstance(condition, bool):
                raise TaskError("States.QueryEvaluationError", f"{choice} is {condition!r}")
            if condition:
                return str(choice["Next"])
        return str(state["Default"])

    def _task(self, state: Mapping[str, Any]) -> str | None:
        tried: dict[int, int] = {}
        while True:
            try:
                result = self.machine.call(state["Resource"], self._value(state["Arguments"]))
                self._assign(state, result=result)
            except TaskError as error:
                if self._tries_again(state, error, tried):
                    continue
                return self._caught(state, error)
            self.input = result
            return None if state.get("End") else state["Next"]

    def _tries_again(
        self, state: Mapping[str, Any], error: TaskError, tried: dict[int, int]
    ) -> bool:
        for index, retrier in enumerate(state.get("Retry", [])):
            if _matches(retrier["ErrorEquals"], error.error):
                tried[index] = tried.get(index, 0) + 1
                self.machine.sleep(retrier["IntervalSeconds"])
                return tried[index] <= int(retrier["MaxAttempts"])
        return False

    def _caught(self, state: Mapping[str, Any], error: TaskError) -> str:
        for catcher in state.get("Catch", []):
            if _matches(catcher["ErrorEquals"], error.error):
                output = {"Error": error.error, "Cause": error.cause}
                self._assign(catcher, error_output=output)
                return str(catcher["Next"])
        raise error

    def _assign(self, state: Mapping[str, Any], **states: Any) -> None:
        # Each expression sees the variables as they were before the state.
        given = state.get("Assign", {})
        self.variables |= {name: self._value(value, **states) for name, value in given.items()}

    def _value(self, template: Any, **states: Any) -> Any:
        if isinstance(template, dict):
            return {key: self._value(value, **states) for key, value in template.items()}
        if isinstance(template, list):
            return [self._value(value, **states) for value in template]
        if not isinstance(template, str) or not template.startswith("{%"):
            return template
        context = {
            "Execution": {"Id": self.execution, "StartTime": "2026-03-01T12:00:00.000Z"},
            "Task": {"Token": "token"},
        }
        known = {"input": self.input, "context": context}
        if "result" in states:
            known["result"] = states["result"]
        if "error_output" in states:
            known["errorOutput"] = states["error_output"]
        return evaluate(template, {**self.variables, "states": known})


def evaluate(template: str, variables: Mapping[str, Any]) -> Any:
    """The value of `{% expression %}`. Raises TaskError."""
    expression = _parsed(template.removeprefix("{%").removesuffix("%}").strip())
    try:
        value = expression.evaluate(None, dict(variables))
    except Exception as error:
        raise TaskError("States.QueryEvaluationError", f"{template}: {error}") from error
    if value is None:
        raise TaskError("States.QueryEvaluationError", f"{template} has no result")
    # What an engine hands on between states is JSON.
    return json.loads(json.dumps(value))


@functools.cache
def _parsed(expression: str) -> Any:
    parsed = jsonata.Jsonata.jsonata(expression)
    # Step Functions adds it to JSONata.
    parsed.register_lambda("parse", json.loads)
    return parsed


def _matches(patterns: list[str], error: str) -> bool:
    return error in patterns or ("States.ALL" in patterns and error not in _UNCATCHABLE)
