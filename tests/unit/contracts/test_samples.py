from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.samples import CSV, IMAGE, Sample, Samples, SamplesError

SAMPLES = Samples(
    content_type=CSV,
    classes=("setosa", "ünï"),
    samples=(Sample(file="files/00.csv", label="ünï", key="uploads/iris/a.csv:3"),),
)


def document(**changes: Any) -> str:
    return json.dumps({**json.loads(SAMPLES.to_json()), **changes})


def test_reading_gives_what_was_written() -> None:
    assert Samples.parse(SAMPLES.to_json()) == SAMPLES


def test_the_first_version_is_of_pictures() -> None:
    first = {
        "schema_version": 1,
        "image_size": 32,
        "samples": [{"file": "00-cat.png", "label": "cat", "key": "uploads/x/cat/1.png"}],
    }

    samples = Samples.parse(json.dumps(first))

    assert (samples.content_type, samples.classes) == (IMAGE, ())
    assert samples.samples[0].label == "cat"


def test_members_that_a_later_writer_adds_are_left_out() -> None:
    assert Samples.parse(document(image_size=32)) == SAMPLES


def test_all_faults_are_reported_at_once_with_their_places() -> None:
    broken = document(
        content_type="csv",
        classes=[1],
        samples=[{"file": "../x", "label": ""}, 3, {"file": "a", "label": "b", "key": 4}],
    )

    with pytest.raises(SamplesError) as caught:
        Samples.parse(broken)

    places = [fault.partition(":")[0] for fault in caught.value.faults]
    assert places == [
        "content_type",
        "classes",
        "samples[0].label",
        "samples[0].file",
        "samples[1]",
        "samples[2].key",
    ]


@pytest.mark.parametrize(
    "content", ["", "[]", "no json", '{"schema_version": 3}', document(samples=1)]
)
def test_what_is_no_index_is_refused(content: str) -> None:
    with pytest.raises(SamplesError, match=r"samples\.json is not valid"):
        Samples.parse(content)


def test_of_very_many_faults_some_are_shown_and_the_rest_counted() -> None:
    with pytest.raises(SamplesError, match="and 30 more"):
        Samples.parse(document(samples=[1] * 50))
