"""DataProcessing of a transform job: what of a record the model gets, and what is kept of both.

Rules: DataProcessing in the SageMaker API reference and "Associate Prediction Results with Input
Records" in the developer guide.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from local_cloud.json_api.errors import ValidationException
from local_cloud.sagemaker.transform import json_path
from local_cloud.sagemaker.transform.json_path import JsonPath

Form = Literal["csv", "json", "json lines"]
FORMS: dict[str, Form] = {
    "text/csv": "csv",
    "application/json": "json",
    "application/jsonlines": "json lines",
}
OUTPUT = "SageMakerOutput"
INPUT = "SageMakerInput"


class RecordError(Exception):
    """A record or the model's answer is not what the filters need; for the FailureReason."""


@dataclass(frozen=True)
class DataProcessing:
    """The filters of a job whose records have the form; ``joins`` puts the answer to its input."""

    form: Form
    input_filter: JsonPath
    output_filter: JsonPath
    joins: bool

    @property
    def by_line(self) -> bool:
        """Whether each line is a record, however the file is split into requests."""
        return self.form != "json"

    def model_input(self, record: bytes) -> bytes:
        """What the model is sent. Raises RecordError."""
        if self.input_filter.selects_all:
            return record
        value = self._select(self.input_filter, self._read(record, "input"), "InputFilter")
        return self._write(value)

    def outputs(self, records: Sequence[bytes], answer: bytes) -> list[bytes]:
        """One output a record. Raises RecordError."""
        answers = self._answers(answer, len(records))
        return [self._output(*pair) for pair in zip(records, answers, strict=True)]

    def _answers(self, answer: bytes, count: int) -> list[bytes]:
        if self.form != "csv" and count == 1:
            return [answer.strip()]
        lines = [line.rstrip(b"\r") for line in answer.split(b"\n") if line.strip()]
        if len(lines) != count:
            raise RecordError(
                f"Unable to associate the output with the input: the algorithm answered "
                f"{len(lines)} lines for {count} records. It must answer one line a record; "
                "BatchStrategy SingleRecord sends one record a request"
            )
        return lines

    def _output(self, record: bytes, answer: bytes) -> bytes:
        if self.form == "csv":
            joined = record + b"," + answer if self.joins else answer
            if self.output_filter.selects_all:
                return joined
            value: Any = self._read(joined, "output")
        else:
            value = self._read(answer, "output")
            if self.joins:
                value = _joined(self._read(record, "input"), value)
        return self._write(self._select(self.output_filter, value, "OutputFilter"))

    def _read(self, record: bytes, which: str) -> Any:
        whose = "output from the algorithm" if which == "output" else "input"
        kind = "CSV" if self.form == "csv" else "JSON"
        try:
            text = record.decode()
            # A row is a list of strings to the filters.
            return next(csv.reader([text], strict=True)) if kind == "CSV" else json.loads(text)
        except (ValueError, csv.Error, StopIteration) as error:
            start = record[:80].decode(errors="replace")
            message = f"Failed to parse {whose} as {kind}: {error} (it begins with {start!r})"
            raise RecordError(message) from error

    def _write(self, value: Any) -> bytes:
        if self.form != "csv":
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(value if isinstance(value, list) else [value])
        return line.getvalue().encode()

    def _select(self, path: JsonPath, value: Any, which: str) -> Any:
        try:
            return path.select(value)
        except json_path.NoMatchError as error:
            raise RecordError(
                f"{which} {path.expression} does not fit a record: {error}"
            ) from error


def _joined(record: Any, answer: Any) -> dict[str, Any]:
    if isinstance(record, dict):
        return {**record, OUTPUT: answer}
    return {INPUT: record, OUTPUT: answer}


def of_request(request: Mapping[str, Any]) -> DataProcessing | None:
    """None where records and answers pass unchanged. Raises ValidationException."""
    given = request.get("DataProcessing", {})
    filters = {
        member: _filter(member, given.get(member, "$"))
        for member in ("InputFilter", "OutputFilter")
    }
    joins = given.get("JoinSource", "None") == "Input"
    if not joins and all(path.selects_all for path in filters.values()):
        return None
    content_type = request["TransformInput"].get("ContentType", "")
    form = FORMS.get(content_type.partition(";")[0].strip().lower())
    if form is None:
        raise ValidationException(
            f"DataProcessing needs the ContentType {', '.join(FORMS)} in TransformInput, not "
            f"{content_type!r}."
        )
    return DataProcessing(form, filters["InputFilter"], filters["OutputFilter"], joins)


def _filter(member: str, expression: str) -> JsonPath:
    try:
        return json_path.parse(expression)
    except json_path.JsonPathError as error:
        raise ValidationException(f"DataProcessing.{member}: {error}.") from error
