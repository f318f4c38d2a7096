from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.table_schema import Column, TableSchema, TableSchemaError


def document(**changes: Any) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "header": True,
        "delimiter": ";",
        "label": "left",
        "columns": [
            {"name": "age", "type": "integer", "min": 18, "max": 120},
            {"name": "left", "type": "category", "values": ["no", "yes"]},
            {"name": "spent", "type": "number", "missing": True},
        ],
        **changes,
    }


def columns(*changes: dict[str, Any]) -> dict[str, Any]:
    """The valid document with changes to its columns, one after the other."""
    given = document()["columns"]
    return document(
        columns=[{**column, **change} for column, change in zip(given, changes, strict=False)]
        + given[len(changes) :]
    )


def faults_of(content: Any) -> tuple[str, ...]:
    with pytest.raises(TableSchemaError) as caught:
        TableSchema.from_document(content)
    return caught.value.faults


def test_features_are_the_columns_beside_the_label_in_the_order_of_the_csv() -> None:
    schema = TableSchema.from_document(document())

    assert schema.label_column.values == ("no", "yes")
    assert schema.feature_names == ("age", "spent")
    assert schema.features[1] == Column(name="spent", type="number", missing=True)
    assert (schema.header, schema.delimiter, schema.classes) == (True, ";", ())


def test_header_and_delimiter_need_not_be_stated() -> None:
    given = document()
    del given["header"], given["delimiter"]

    schema = TableSchema.from_document(given)

    assert (schema.header, schema.delimiter) == (False, ",")


def test_reading_gives_what_was_written_before_and_after_the_prepare_step() -> None:
    schema = TableSchema.from_document(document())
    prepared = schema.with_classes(["yes", "no"])

    assert TableSchema.parse(schema.to_json()) == schema
    assert TableSchema.parse(prepared.to_json()) == prepared
    assert json.loads(prepared.to_json())["features"] == ["age", "spent"]


def test_the_classes_are_in_the_order_of_the_values_else_sorted_as_found() -> None:
    stated = columns({}, {"values": ["yes", "no"]})
    open_label = columns({}, {"values": None})

    assert TableSchema.from_document(stated).with_classes(["no", "yes"]).classes == ("yes", "no")
    found = TableSchema.from_document(open_label).with_classes(["b", "a", "b"])
    assert found.classes == ("a", "b")


def test_whole_numbers_may_be_class_names() -> None:
    schema = TableSchema.from_document(columns({}, {"values": [0, 1]}))

    assert schema.label_column.values == ("0", "1")


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        (Column(name="a", type="number"), 0.5, None),
        (Column(name="a", type="number"), float("inf"), "is not a finite number"),
        (Column(name="a", type="integer"), 2.0, None),
        (Column(name="a", type="integer"), 2.5, "is not a whole number"),
        (Column(name="a", type="number", min=1, max=2), 1, None),
        (Column(name="a", type="number", min=1, max=2), 0.9, "is below 1"),
        (Column(name="a", type="number", min=1, max=2), 2.1, "is above 2"),
    ],
)
def test_a_column_tells_what_is_wrong_with_a_number(
    column: Column, value: float, fault: str | None
) -> None:
    assert column.fault(value) == fault


def test_all_faults_are_reported_at_once_with_their_places() -> None:
    broken = document(schema_version=2, header="yes", delimiter="#", label="gone", extra=1)
    broken["columns"] = [
        {"name": "a", "type": "text"},
        {"name": " b", "type": "number", "min": 3, "max": 1, "mix": 0},
        {"name": "c", "type": "number", "values": ["x", "y"], "missing": "no"},
        {"name": "d", "type": "category", "min": 0, "values": [True, "a", "a"]},
        {"name": "a", "type": "integer", "min": "1"},
        "no object",
    ]

    faults = faults_of(broken)

    for place in (
        "schema_version: 2",
        "header:",
        "delimiter: '#'",
        "extra: is unknown",
        "label: 'gone' is not the name of a column",
        "columns: 'a' is there 2 times",
        "columns[0].type: 'text' is not one of number, integer, category",
        "columns[1].name",
        "columns[1].min: 3 is above max",
        "columns[1].mix: is unknown",
        "columns[2].values: a number has a range",
        "columns[2].missing",
        "columns[3].min: a category has no range",
        "columns[3].values: True is a bool; write it as a text",
        "columns[3].values: 'a' is there 2 times",
        "columns[4].min: expected a finite number",
        "columns[5]: expected an object",
    ):
        assert any(fault.startswith(place) for fault in faults), (place, faults)


def test_a_category_as_feature_is_refused_with_what_to_do() -> None:
    (fault,) = faults_of(columns({"type": "category", "min": None, "max": None}))

    assert fault.startswith("columns[0].type: feature 'age' is a category")
    assert "encode it as numbers" in fault


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "integer", "values": None}, "a label is a category"),
        ({"missing": True}, "may not be missing"),
        ({"values": ["only"]}, "two or more texts"),
    ],
)
def test_a_label_that_no_classifier_can_learn_is_refused(change: Any, told: str) -> None:
    (fault,) = faults_of(columns({}, change))

    assert told in fault


def test_a_label_alone_is_no_table() -> None:
    (fault,) = faults_of(document(columns=[document()["columns"][1]]))

    assert "there is no feature" in fault


def test_what_the_prepare_step_added_must_fit_the_columns() -> None:
    faults = faults_of(document(classes=["one"], features=["spent", "age"]))

    assert [fault.partition(":")[0] for fault in faults] == ["classes", "features"]


@pytest.mark.parametrize("content", ["", "[]", "not json", "3", "{}", '{"columns": []}'])
def test_what_is_no_schema_is_refused(content: str) -> None:
    with pytest.raises(TableSchemaError, match="the table's schema is not valid"):
        TableSchema.parse(content)
