"""What the List actions have in common: time filters, order, pages."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from local_cloud.sagemaker.errors import ValidationException
from local_cloud.sagemaker.store import Document

DEFAULT_RESULTS = 10
"""Of a page whose request has no MaxResults. AWS's documentation names a default for some
Lists only; wherever it names one it is this."""


def matching(
    documents: Iterable[Document], request: Mapping[str, Any], *, name: str, status: str | None
) -> list[Document]:
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


def _last_modified(document: Document) -> float:
    """Documents that never change have no LastModifiedTime."""
    return float(document["LastModifiedTime" if "LastModifiedTime" in document else "CreationTime"])


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


def list_page(
    documents: Iterable[Document],
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
    summaries = [{key: one[key] for key in keys if key in one} for one in chosen]
    return page(summaries, request, member)


def page(
    items: Sequence[Mapping[str, Any]],
    request: Mapping[str, Any],
    member: str,
    *,
    default_results: int = DEFAULT_RESULTS,
) -> dict[str, Any]:
    """One page under ``member``, with a NextToken where more follow.

    A token names the last item of its page, so that what is created between two calls moves
    nothing into the next page twice. Raises ValidationException for a token that no answer gave.
    """
    start = _start(items, request.get("NextToken"))
    end = start + int(request.get("MaxResults", default_results))
    answer: dict[str, Any] = {member: list(items[start:end])}
    if end < len(items):
        answer["NextToken"] = _token(end, items[end - 1])
    return answer


def _token(offset: int, last: Mapping[str, Any]) -> str:
    content = {"offset": offset, "last": _identity(last)}
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _start(items: Sequence[Mapping[str, Any]], token: str | None) -> int:
    if token is None:
        return 0
    try:
        content = json.loads(base64.urlsafe_b64decode(token.encode()))
        offset, last = int(content["offset"]), str(content["last"])
    except (ValueError, TypeError, KeyError) as error:
        raise ValidationException(f"Invalid NextToken '{token}'.") from error
    known = [_identity(item) for item in items]
    # Where the last item was deleted meanwhile, its place in the list has to do.
    return known.index(last) + 1 if last in known else max(0, offset)


def _identity(item: Mapping[str, Any]) -> str:
    named = {key: item[key] for key in item if key.endswith(("Arn", "Name", "Key", "VersionId"))}
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:16]
