"""What the List actions have in common: time filters, order, pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from local_cloud.sagemaker.errors import ValidationException

MAX_RESULTS = 100


def select(
    documents: Iterable[Mapping[str, Any]],
    request: Mapping[str, Any],
    *,
    sort_keys: Mapping[str, str],
    after: str = "CreationTimeAfter",
    before: str = "CreationTimeBefore",
    default_sort: str = "CreationTime",
    default_order: str = "Ascending",
) -> list[Mapping[str, Any]]:
    """The documents created in the asked-for time, in the asked-for order.

    ``documents`` come oldest first; ``sort_keys`` maps the request's SortBy to a document's
    key; ``after`` and ``before`` are the request's members that bound CreationTime (seconds).
    """
    low = float(request.get(after, "-inf"))
    high = float(request.get(before, "inf"))
    chosen = [document for document in documents if low <= document["CreationTime"] <= high]
    key = sort_keys.get(request.get("SortBy", default_sort), "CreationTime")
    chosen.sort(key=lambda document: document[key])
    if request.get("SortOrder", default_order) == "Descending":
        chosen.reverse()
    return chosen


def page(
    items: Sequence[Mapping[str, Any]], request: Mapping[str, Any], member: str
) -> dict[str, Any]:
    """One page under ``member``, with a NextToken where more follow.

    Raises ValidationException for a token that no earlier answer gave.
    """
    start = _offset(request.get("NextToken"))
    end = start + int(request.get("MaxResults", MAX_RESULTS))
    answer: dict[str, Any] = {member: list(items[start:end])}
    if end < len(items):
        answer["NextToken"] = base64.urlsafe_b64encode(f"offset={end}".encode()).decode()
    return answer


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
        return int(text.removeprefix("offset="))
    except (binascii.Error, ValueError) as error:
        raise ValidationException(f"Invalid NextToken '{token}'.") from error
