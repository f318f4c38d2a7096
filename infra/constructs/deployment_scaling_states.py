"""The states with which a deployment keeps Application Auto Scaling up to date.

They go in between those that every deployment has:

| state | before | why |
|---|---|---|
| MakeRoom | UpdateEndpoint | SageMaker changes no instance type of a variant that is scaled |
| Scale | CleanUp | what has proved itself is scaled as the settings say |
| ScaleAgain | IsThereAPackageToMark | so is what was brought back |
| StopScaling | TellLive, of a pause | nothing is left of an endpoint that is gone |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.constructs.deployment_parts import FAILED
from infra.constructs.states import ERROR, invoke

States = dict[str, Any]

_NEXT = ("Next", "Default")
_PAUSED = "IsTakenDown"


def with_scaling(definition: Mapping[str, Any], *, scale: str) -> dict[str, Any]:
    """The deployment's definition with the states above; `scale` is the function's ARN.

    Raises:
        ValueError: the definition has no such states.
    """
    states: States = dict(definition["States"])
    config = "{% $plan.endpoint.EndpointConfigName %}"
    states = _insert(
        states,
        "MakeRoom",
        invoke(scale, {"do": "make_room", "config": config}, Catch=FAILED, Next="UpdateEndpoint"),
        before="UpdateEndpoint",
    )
    states = _insert(
        states, "Scale", _settle(scale, told="recorded", then="CleanUp"), before="CleanUp"
    )
    states = _insert(
        states,
        "ScaleAgain",
        _settle(scale, told="rollBackDetail", then="IsThereAPackageToMark"),
        before="IsThereAPackageToMark",
    )
    states = _insert(
        states,
        "StopScaling",
        _settle(scale, told="recorded", then="TellLive"),
        before="TellLive",
        after=_PAUSED,
    )
    return {**definition, "States": states}


def _settle(scale: str, *, told: str, then: str) -> dict[str, Any]:
    """Lets what serves be scaled as the settings say; with no endpoint, nothing.

    What serves goes on serving without it: a failure is told in the variable `told`, which
    people read, and changes nothing else.
    """
    so_far = f"${told} & (${told} != '' ? '\\n' : '')"
    return invoke(
        scale,
        {"do": "settle"},
        Assign={told: f"{{% {so_far} & $states.result.Payload.detail %}}"},
        Catch=[
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {
                    told: f"{{% {so_far} & 'NOT SCALED as the settings say, an operator is "
                    f"needed: ' & {ERROR} %}}"
                },
                "Next": then,
            }
        ],
        Next=then,
    )


def _insert(
    states: States, name: str, state: dict[str, Any], *, before: str, after: str | None = None
) -> States:
    """`states` with one more, to which all ways to `before` lead, or those from `after` alone."""
    rest = {
        each: _led(known, before, name) if after in (None, each) else known
        for each, known in states.items()
    }
    if rest == states:
        raise ValueError(
            f"no state of the deployment leads to {before}, which {name} is to precede"
        )
    return {**rest, name: state}


def _led(state: Any, old: str, new: str) -> Any:
    """A state, or a part of one, whose ways to `old` lead to `new`."""
    if isinstance(state, list):
        return [_led(each, old, new) for each in state]
    if not isinstance(state, dict):
        return state
    return {
        key: new
        if key in _NEXT and value == old
        else _led(value, old, new)
        if key in ("Choices", "Catch")
        else value
        for key, value in state.items()
    }
