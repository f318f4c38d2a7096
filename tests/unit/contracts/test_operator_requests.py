from __future__ import annotations

from typing import Any

import pytest

from contracts.operator_requests import OperatorRequestError, RollBackRequest


@pytest.mark.parametrize("request_", [RollBackRequest(), RollBackRequest(3)])
def test_a_request_is_read_as_it_was_written(request_: RollBackRequest) -> None:
    assert RollBackRequest.parse(request_.as_input()) == request_


@pytest.mark.parametrize("to", ["", "0", "v3", "-1", "3.0", "٣", 0, 1.5, True, [3]])
def test_what_is_no_version_is_refused(to: Any) -> None:
    with pytest.raises(OperatorRequestError, match="a number from 1 up"):
        RollBackRequest.parse({"action": "roll_back", "to": to})
