"""Tables that the commands print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.table import Table

from contracts.traffic_split import percent
from operate.endpoint_view import EndpointView
from operate.failure import read_failure
from operate.history import DeploymentView, StateView


def variants_table(
    endpoint: EndpointView, *, versions: Mapping[str, str], counts: Mapping[str, int | None]
) -> Table:
    """A row a variant. `versions` are by model, `counts` of requests by variant."""
    table = _table("variant", "", "version", "requests", "instances", "last hour", "model")
    for variant in endpoint.variants:
        count = counts.get(variant.name)
        table.add_row(
            variant.name,
            endpoint.role(variant),
            versions.get(variant.model, "-"),
            percent(variant.share),
            str(variant.instances),
            "-" if count is None else str(count),
            variant.model,
        )
    return table


def before_and_after(before: EndpointView, after: EndpointView) -> Table:
    """The share of the requests that each model had and has."""
    table = _table("model", "", "before", "after")
    shares = {variant.model: variant.share for variant in after.variants}
    for variant in before.variants:
        table.add_row(
            variant.model,
            before.role(variant),
            percent(variant.share),
            percent(shares.get(variant.model, 0.0)),
        )
    return table


def deployments_table(deployments: Sequence[DeploymentView], *, now: datetime) -> Table:
    """A row a deployment; times are in UTC."""
    table = _table("execution", "what", "strategy", "outcome", "began", "took", "reason")
    for each in deployments:
        failure = read_failure(each.error, each.cause) if each.failed else None
        table.add_row(
            each.name,
            each.subject,
            each.strategy,
            each.outcome,
            f"{each.started.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            duration(((each.ended or now) - each.started).total_seconds()),
            failure.said[0] if failure else "",
        )
    return table


def states_table(states: Sequence[StateView]) -> Table:
    """A row a state."""
    table = _table("state", "times", "took")
    for state in states:
        table.add_row(state.name, str(state.times), duration(state.seconds))
    return table


def duration(seconds: float) -> str:
    """For people: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
