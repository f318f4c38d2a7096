"""Search and GetSearchSuggestions. What was written a moment ago is found at once, which AWS
does not promise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.messages import Request, Response
from local_cloud.sagemaker.listing import page
from local_cloud.sagemaker.search import expression as expressions
from local_cloud.sagemaker.search import properties, resources
from local_cloud.sagemaker.search.resources import Record
from local_cloud.sagemaker.service import Action, SageMakerService

_LAST_MODIFIED = "LastModifiedTime"


def search(service: SageMakerService, request: Request) -> Response:
    """Raises ValidationException with all that is wrong with the query."""
    resource = request["Resource"]
    shape = resources.shape_of(resource)
    _check(request, shape)
    # No other account shares anything with the one that there is.
    foreign = request.get("CrossAccountFilterOption") == "CrossAccount"
    expression = request.get("SearchExpression")
    records = [
        record
        for record in ([] if foreign else resources.found(service, resource))
        if expression is None or expressions.matches(expression, record, shape)
    ]
    answer = page(_ordered(records, request, shape), request, "Results", summary=_flat)
    member = resources.MEMBERS[resource]
    answer["Results"] = [
        {member: resources.fitted(shape, one["record"])} for one in answer["Results"]
    ]
    answer["TotalHits"] = {"Value": len(records), "Relation": "EqualTo"}
    return answer


def _flat(record: Record) -> Record:
    """What a page's token knows a record by: the names and ARNs of it."""
    return {**record.get("Model", record), "record": record}


def _check(request: Request, shape: Any) -> None:
    faults: list[str] = []
    if "SearchExpression" in request:
        faults += expressions.faults(request["SearchExpression"], shape)
    if "SortBy" in request and properties.find(shape, request["SortBy"]) is None:
        faults.append(f"SortBy: {expressions.unknown(request['SortBy'], shape)}")
    if faults:
        raise ValidationException(" ".join(faults))


def _ordered(records: list[Record], request: Request, shape: Any) -> list[Record]:
    """In the order asked for; records without the property come last either way."""
    key = request.get("SortBy") or _default_key(shape)
    found = properties.find(shape, key)
    if found is None:
        return records
    read = found.read
    having = [record for record in records if read(record)]
    lacking = [record for record in records if not read(record)]
    having.sort(key=lambda record: _sortable(read(record)[0]))
    if request.get("SortOrder", "Descending") == "Descending":
        having.reverse()
    return [*having, *lacking]


def _default_key(shape: Any) -> str:
    if _LAST_MODIFIED in shape.members:
        return _LAST_MODIFIED
    return "CreationTime" if "CreationTime" in shape.members else "Model.CreationTime"


def _sortable(value: Any) -> tuple[int, float, str]:
    """Numbers before texts; hyperparameters that are numbers count as such."""
    try:
        return (0, float(value), "")
    except (TypeError, ValueError):
        return (1, 0.0, str(value))


def get_search_suggestions(service: SageMakerService, request: Request) -> Response:
    """The names that begin with the hint: properties, and the hyperparameters, tags and metrics
    that there are."""
    resource = request["Resource"]
    query = request.get("SuggestionQuery", {}).get("PropertyNameQuery", {})
    hint = query.get("PropertyNameHint", "").lower()
    names = set(resources.shape_of(resource).members)
    for record in resources.found(service, resource):
        names |= _names(record)
    chosen = sorted(name for name in names if name.lower().startswith(hint))
    return {"PropertyNameSuggestions": [{"PropertyName": name} for name in chosen]}


def _names(record: Mapping[str, Any]) -> set[str]:
    def prefixed(prefix: str, keys: Iterable[str]) -> set[str]:
        return {f"{prefix}.{key}" for key in keys}

    metrics = [*record.get("FinalMetricDataList", []), *record.get("Metrics", [])]
    return (
        prefixed("HyperParameters", record.get("HyperParameters", {}))
        | prefixed("Parameters", record.get("Parameters", {}))
        | prefixed("Tags", (tag["Key"] for tag in record.get("Tags", [])))
        | prefixed("Metrics", (entry["MetricName"] for entry in metrics))
    )


def resume(service: SageMakerService) -> None:
    """A search leaves nothing to take up again."""


ACTIONS: dict[str, Action] = {
    "Search": search,
    "GetSearchSuggestions": get_search_suggestions,
}
