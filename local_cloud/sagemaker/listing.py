"""What the List actions have in common: time filters, order, pages."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.store import NotFoundError

DEFAULT_RESULTS = 10
"""Of a page whose request has no MaxResults. AWS's documentation names a default for some
Lists only; wherever it names one it is this."""

Listed = Mapping[str, Any]
"""A document, or what :meth:`Store.listed` gives in its place."""


def matching(
    documents: Iterable[Listed], request: Mapping[str, Any], *, name: str, status: str | None
) -> list[Listed]:
    """The documents that the request's NameContains, StatusEquals and LastModifiedTime filters
    let through; ``name`` and ``status`` are the documents' keys for the first two."""
    part = request.get("NameContains", "").lower()
    wanted = request.get("StatusEquals")
    low = float(request.get("LastModifiedTimeAfter", "-inf"))
    high = float(request.get("LastModifiedTimeBefore", "inf"))
    return [
        one
        for one in documents
        if part in one[name].lower()
        and (wanted is None or status is None or one[status] == wanted)
        and low <= _last_modified(one) <= high
    ]


def _last_modified(document: Listed) -> float:
    """Documents that never change have no LastModifiedTime."""
    return float(document["LastModifiedTime" if "LastModifiedTime" in document else "CreationTime"])


def select(
    documents: Iterable[Listed],
    request: Mapping[str, Any],
    *,
    sort_keys: Mapping[str, str],
    after: str = "CreationTimeAfter",
    before: str = "CreationTimeBefore",
    default_sort: str = "CreationTime",
    default_order: str = "Ascending",
) -> list[Listed]:
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


def list_page(
    documents: Iterable[Listed],
    request: Mapping[str, Any],
    member: str,
    *,
    keys: Sequence[str],
    sort_keys: Mapping[str, str],
    name: str,
    status: str | None = None,
    default_order: str = "Descending",
) -> dict[str, Any]:
    """One page of summaries, by their creation unless the request says otherwise.

    ``keys`` are a summary's, of which a document may lack some; ``name``, ``status`` and
    ``sort_keys`` are as :func:`matching` and :func:`select` take them.
    """
    found = matching(documents, request, name=name, status=status)
    chosen = select(found, request, sort_keys=sort_keys, default_order=default_order)

    def summary(one: Listed) -> Listed:
        return {key: one[key] for key in keys if key in one}

    return page(chosen, request, member, summary=summary)


def page(
    items: Sequence[Listed],
    request: Mapping[str, Any],
    member: str,
    *,
    default_results: int = DEFAULT_RESULTS,
    summary: Callable[[Any], Listed] = dict,
) -> dict[str, Any]:
    """One page of the items' summaries under ``member``, with a NextToken where more follow.

    Of an item that is on another page no summary is made. A token names the last item of its
    page, so that what is created between two calls moves nothing into the next page twice. Raises
    ValidationException for a token that no answer gave.
    """
    start = _start(items, request.get("NextToken"), summary)
    end = start + int(request.get("MaxResults", default_results))
    answer: dict[str, Any] = {member: _summaries(items[start:end], summary)}
    if end < len(items):
        answer["NextToken"] = _token(end, answer[member][-1] if answer[member] else {})
    return answer


def _summaries(items: Iterable[Any], summary: Callable[[Any], Listed]) -> list[Listed]:
    found = []
    for item in items:
        try:
            found.append(summary(item))
        except NotFoundError:
            # Deleted since the list began.
            continue
    return found


def _token(offset: int, last: Listed) -> str:
    content = {"offset": offset, "last": _identity(last)}
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _start(items: Sequence[Listed], token: str | None, summary: Callable[[Any], Listed]) -> int:
    if token is None:
        return 0
    try:
        content = json.loads(base64.urlsafe_b64decode(token.encode()))
        offset, last = int(content["offset"]), str(content["last"])
    except (ValueError, TypeError, KeyError) as error:
        raise ValidationException(f"Invalid NextToken '{token}'.") from error
    for place in _from(offset - 1, len(items)):
        if [_identity(one) for one in _summaries(items[place : place + 1], summary)] == [last]:
            return place + 1
    # Where the last item was deleted meanwhile, its place in the list has to do.
    return max(0, offset)


def _from(place: int, count: int) -> list[int]:
    """All places of a list, the nearest first: of a list that nothing was added to since, the
    first is the one that is looked for."""
    return sorted(range(count), key=lambda other: abs(other - place))


def _identity(item: Listed) -> str:
    named = {key: item[key] for key in item if key.endswith(("Arn", "Name", "Key", "VersionId"))}
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:16]
