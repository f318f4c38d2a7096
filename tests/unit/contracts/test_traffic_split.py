from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.traffic_split import (
    NEW_VARIANT,
    OLD_VARIANT,
    End,
    Shift,
    SplitRequestError,
    parse,
    percent,
    same_share,
    share_of_new,
    weights_for,
)


@pytest.mark.parametrize("request_", [Shift(0), Shift(0.5), Shift(1), End("new"), End("old")])
def test_what_an_operator_asks_is_read_back_from_the_input_of_an_execution(
    request_: Shift | End,
) -> None:
    assert parse(json.loads(json.dumps(request_.as_input()))) == request_


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"action": "shift"}, "share: None"),
        ({"action": "shift", "share": 1.5}, "share: 1.5"),
        ({"action": "shift", "share": -0.1}, "from 0"),
        ({"action": "shift", "share": True}, "share: True"),
        ({"action": "shift", "share": "0.5"}, "share: '0.5'"),
        ({"action": "shift", "share": float("nan")}, "share: nan"),
        ({"action": "end", "winner": "both"}, "new and old"),
        ({"action": "end"}, "winner: None"),
        ({"action": "pause"}, "shift, end, judge"),
        ({}, "action: None"),
    ],
)
def test_what_is_no_request_is_refused_with_what_is_allowed(
    document: dict[str, Any], named: str
) -> None:
    with pytest.raises(SplitRequestError, match=named):
        parse(document)


@pytest.mark.parametrize("share", [0.0, 0.1, 1 / 3, 0.5, 1.0])
def test_weights_give_the_share_that_was_asked_for(share: float) -> None:
    weights = weights_for(share)

    assert sum(weights.values()) == pytest.approx(1)
    assert same_share(share_of_new(weights), share)


def test_weights_need_not_add_up_to_one() -> None:
    assert share_of_new({OLD_VARIANT: 3, NEW_VARIANT: 1}) == 0.25
    assert share_of_new({OLD_VARIANT: 1}) == 0


def test_weights_that_sagemaker_rounded_are_the_same_share() -> None:
    assert same_share(0.3, 0.30000001192092896)
    assert not same_share(0.3, 0.31)


def test_shares_are_written_in_percent() -> None:
    assert [percent(share) for share in (0, 0.1, 0.125, 1)] == ["0 %", "10 %", "12.5 %", "100 %"]
