from __future__ import annotations

from typing import Any

import pytest

from infra.constructs.deployment_scaling_states import with_scaling

SCALE = "arn:aws:lambda:eu-west-1:123456789012:function:scale"


def deployment() -> dict[str, Any]:
    """The ways of a deployment that scaling goes in between."""
    return {
        "StartAt": "IsThereAnEndpoint",
        "States": {
            "IsThereAnEndpoint": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $plan.probe %}", "Next": "AskBefore"}],
                "Default": "UpdateEndpoint",
            },
            "AskBefore": {
                "Type": "Task",
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "UpdateEndpoint"}],
                "Next": "UpdateEndpoint",
            },
            "UpdateEndpoint": {"Type": "Task", "Next": "CleanUp"},
            "CleanUp": {"Type": "Task", "Next": "TellLive"},
            "IsRolledBack": {"Type": "Choice", "Default": "IsThereAPackageToMark"},
            "IsThereAPackageToMark": {"Type": "Pass", "End": True},
            "IsTakenDown": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $takenDown %}", "Next": "TellLive"}],
            },
            "TellLive": {"Type": "Task", "End": True},
        },
    }


def test_every_way_to_an_update_makes_room_for_it_first() -> None:
    states = with_scaling(deployment(), scale=SCALE)["States"]

    assert states["IsThereAnEndpoint"]["Default"] == "MakeRoom"
    assert states["AskBefore"]["Next"] == "MakeRoom"
    assert states["AskBefore"]["Catch"][0]["Next"] == "MakeRoom"
    assert states["MakeRoom"]["Next"] == "UpdateEndpoint"
    assert states["MakeRoom"]["Catch"][0]["Next"] == "RollBack"


def test_what_has_proved_itself_or_was_brought_back_is_scaled() -> None:
    states = with_scaling(deployment(), scale=SCALE)["States"]

    assert states["UpdateEndpoint"]["Next"] == "Scale"
    assert states["Scale"]["Next"] == states["Scale"]["Catch"][0]["Next"] == "CleanUp"
    assert states["IsRolledBack"]["Default"] == "ScaleAgain"
    assert states["ScaleAgain"]["Next"] == "IsThereAPackageToMark"


def test_nothing_is_scaled_any_more_once_the_endpoint_is_paused() -> None:
    states = with_scaling(deployment(), scale=SCALE)["States"]

    assert states["IsTakenDown"]["Choices"][0]["Next"] == "StopScaling"
    assert states["StopScaling"]["Next"] == "TellLive"
    assert states["CleanUp"]["Next"] == "TellLive"


def test_the_definition_that_is_given_stays_as_it_is() -> None:
    given = deployment()

    with_scaling(given, scale=SCALE)

    assert given == deployment()


def test_a_deployment_that_lost_a_state_is_refused() -> None:
    given = deployment()
    given["States"]["UpdateEndpoint"]["Next"] = "TellLive"

    with pytest.raises(ValueError, match="no state of the deployment leads to CleanUp"):
        with_scaling(given, scale=SCALE)
