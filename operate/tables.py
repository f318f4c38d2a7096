"""Tables that the commands print."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from contracts.traffic_split import percent
from operate.endpoint_view import EndpointView


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


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
