from __future__ import annotations

import base64
from typing import Any

import pytest

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.listing import matching, page, select

JOBS: list[dict[str, Any]] = [
    {"Name": name, "Status": status, "CreationTime": time, "LastModifiedTime": time + 10}
    for name, status, time in (("birds-1", "Failed", 1.0), ("Birds-2", "Completed", 2.0))
]
JOBS.append({"Name": "iris", "Status": "Completed", "CreationTime": 3.0})


def names(**request: Any) -> list[str]:
    return [one["Name"] for one in matching(JOBS, request, name="Name", status="Status")]


def test_every_filter_narrows_the_list() -> None:
    assert names() == ["birds-1", "Birds-2", "iris"]
    assert names(NameContains="BIRDS") == ["birds-1", "Birds-2"]
    assert names(StatusEquals="Completed") == ["Birds-2", "iris"]
    assert names(LastModifiedTimeAfter=11.5) == ["Birds-2"]
    assert names(LastModifiedTimeBefore=11.5) == ["birds-1", "iris"]
    assert names(NameContains="birds", StatusEquals="Stopped") == []


def test_lists_are_cut_by_creation_time_and_sorted_as_asked() -> None:
    keys = {"Name": "Name", "CreationTime": "CreationTime"}

    def chosen(**request: Any) -> list[str]:
        return [one["Name"] for one in select(JOBS, request, sort_keys=keys)]

    assert chosen(CreationTimeAfter=2.0) == ["Birds-2", "iris"]
    assert chosen(CreationTimeBefore=2.0) == ["birds-1", "Birds-2"]
    assert chosen(SortOrder="Descending") == ["iris", "Birds-2", "birds-1"]
    assert chosen(SortBy="Name") == ["Birds-2", "birds-1", "iris"]


def test_pages_follow_each_other_to_the_end() -> None:
    seen: list[Any] = []
    token: dict[str, str] = {}
    while True:
        answer = page(JOBS, {"MaxResults": 2, **token}, "Jobs")
        seen += answer["Jobs"]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert seen == JOBS


def test_what_is_created_between_two_pages_is_not_seen_twice() -> None:
    newest_first = JOBS[::-1]
    first = page(newest_first, {"MaxResults": 2}, "Jobs")
    more = [{"Name": "wine", "CreationTime": 4.0}, *newest_first]
    rest = page(more, {"MaxResults": 2, "NextToken": first["NextToken"]}, "Jobs")
    assert [*first["Jobs"], *rest["Jobs"]] == newest_first


def test_what_is_deleted_between_two_pages_does_not_end_the_list() -> None:
    first = page(JOBS, {"MaxResults": 1}, "Jobs")
    rest = page(JOBS[1:], {"NextToken": first["NextToken"]}, "Jobs")
    assert rest["Jobs"] == JOBS[2:]


@pytest.mark.parametrize("text", ["garbage", "[]", '{"offset": "x", "last": "y"}', "{}"])
def test_a_token_that_no_answer_gave_is_refused(text: str) -> None:
    token = base64.urlsafe_b64encode(text.encode()).decode()
    with pytest.raises(ValidationException, match="Invalid NextToken"):
        page(JOBS, {"NextToken": token}, "Jobs")
