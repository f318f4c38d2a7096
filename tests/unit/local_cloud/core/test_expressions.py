"""An expression of a state machine has a second of the processor, as AWS gives it."""

from __future__ import annotations

import time

import jsonata  # type: ignore[import-untyped]
import pytest
from jsonata.timebox import Timebox  # type: ignore[import-untyped]

from local_cloud.ministack_bridge import time_expressions_by_processor

LIMIT_MILLISECONDS = 100


@pytest.fixture(autouse=True)
def _timed(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Timebox.current_milli_time
    monkeypatch.setattr(Timebox, "current_milli_time", staticmethod(own))
    time_expressions_by_processor()


def evaluate(text: str) -> object:
    expression = jsonata.Jsonata.jsonata(text, timeout=LIMIT_MILLISECONDS)

    def wait(milliseconds: float) -> bool:
        time.sleep(milliseconds / 1000)
        return True

    expression.register_lambda("wait", wait)
    return expression.evaluate(None, {})


def test_an_expression_that_waits_for_others_is_evaluated() -> None:
    assert evaluate(f"$wait({3 * LIMIT_MILLISECONDS}) ? 'done'") == "done"


def test_an_expression_that_computes_for_ever_is_ended() -> None:
    with pytest.raises(jsonata.jexception.JException, match="timeout"):
        evaluate("($again := function($n) { $again($n + 1) }; $again(0))")
