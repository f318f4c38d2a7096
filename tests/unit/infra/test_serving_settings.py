from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from infra.settings.serving import ServingSettings

GIVEN: dict[str, Any] = {
    "instance_type": "ml.m5.large",
    "instance_count": 1,
    "content_types": ["text/csv"],
    "response_types": ["text/csv"],
}


@pytest.mark.parametrize(
    ("keys", "share"),
    [
        ({}, 1),
        ({"update": "replace"}, 1),
        ({"update": "split"}, 0.1),
        ({"update": "split", "split_share": 0.25}, 0.25),
        ({"update": "split", "split_share": 0}, 0),
    ],
)
def test_a_new_model_gets_all_requests_or_the_share_of_a_split(
    keys: dict[str, Any], share: float
) -> None:
    assert ServingSettings(**GIVEN, **keys).first_share == share


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, "half"])
def test_a_share_leaves_something_to_the_old_model(share: Any) -> None:
    with pytest.raises(ValidationError, match="split_share"):
        ServingSettings(**GIVEN, update="split", split_share=share)


def test_a_share_without_a_split_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        ServingSettings(**GIVEN, split_share=0.1)

    ((fault,),) = (error["ctx"]["faults"] for error in caught.value.errors())
    assert (fault.key, fault.allowed) == ("split_share", "no split_share, or update: split")
