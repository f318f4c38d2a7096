"""Ask the endpoint about files whose answer is known, as its users ask it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.deployment.samples import Sample, SamplesError, SampleStore

CONTENT_TYPE = "application/x-image"
SECONDS_A_SAMPLE = 130.0
"""What one sample may take: the endpoint's 60 seconds twice, and reading the file."""

_FAULTS_SHOWN = 12
_TEXT_SHOWN = 300


class AnswerError(Exception):
    """An answer that is not of the form that the serving code promises."""


@dataclass(frozen=True, kw_only=True)
class SmokeTest:
    """Tests one endpoint. `runtime` is a boto3 client; `seconds_left` is of the function's time."""

    endpoint_name: str
    max_failures: int
    samples: SampleStore
    runtime: Any
    seconds_left: Callable[[], float]

    def run(self) -> dict[str, Any]:
        """`{"passed", "detail"}`; detail names each sample that failed, and why."""
        try:
            samples = self.samples.index()
        except SamplesError as error:
            return {"passed": False, "detail": str(error)}
        faults: dict[str, str] = {}
        for sample in samples:
            fault = self._fault(sample)
            if fault is not None:
                faults[sample.file] = fault
        return {
            "passed": len(faults) <= self.max_failures and len(faults) < len(samples),
            "detail": self._detail(len(samples), faults),
        }

    def _fault(self, sample: Sample) -> str | None:
        """What is wrong with the answer to a sample, or None."""
        if self.seconds_left() < SECONDS_A_SAMPLE:
            return "not asked, the function's time was over; ask fewer samples or a faster endpoint"
        try:
            answer = self.runtime.invoke_endpoint(
                EndpointName=self.endpoint_name,
                ContentType=CONTENT_TYPE,
                Accept="application/json",
                Body=self.samples.read(sample.file),
            )
            label, confidence = read_prediction(answer["Body"].read())
        except (ClientError, BotoCoreError, SamplesError, AnswerError) as error:
            return str(error)[:_TEXT_SHOWN]
        if label != sample.label:
            return f"expected {sample.label}, got {label} (confidence {confidence:.2f})"
        return None

    def _detail(self, asked: int, faults: dict[str, str]) -> str:
        lines = [
            f"{asked - len(faults)} of {asked} held-out samples were answered correctly, "
            f"{len(faults)} not; allowed are {self.max_failures}"
        ]
        lines += [f"  {file}: {fault}" for file, fault in list(faults.items())[:_FAULTS_SHOWN]]
        if len(faults) > _FAULTS_SHOWN:
            lines.append(f"  and {len(faults) - _FAULTS_SHOWN} more")
        return "\n".join(lines)


def read_prediction(body: bytes) -> tuple[str, float]:
    """Label and confidence from `{"predictions": [{"label", "confidence", ...}]}`.

    Raises:
        AnswerError: the answer is not of that form.
    """
    try:
        predictions = json.loads(body)["predictions"]
        (prediction,) = predictions
        return str(prediction["label"]), float(prediction["confidence"])
    except (ValueError, KeyError, TypeError) as error:
        shown = body[:_TEXT_SHOWN].decode(errors="replace")
        raise AnswerError(
            'expected {"predictions": [{"label": ..., "confidence": ...}]} with one prediction, '
            f"got {shown!r}"
        ) from error
