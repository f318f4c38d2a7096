"""Ask the endpoint about files whose answer is known, as its users ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contracts.predictions import PredictionsError
from contracts.samples import Sample, Samples
from lambdas.deployment.answers_when_tested import AnswersWhenTested
from lambdas.deployment.ask import Asks
from lambdas.deployment.samples import SamplesError, SampleStore

SECONDS_A_SAMPLE = 130.0
"""What one sample may take: the endpoint's 60 seconds twice, and reading the file."""

_FAULTS_SHOWN = 12
_TEXT_SHOWN = 300


@dataclass(frozen=True, kw_only=True)
class SmokeTest:
    """Tests one endpoint. `seconds_left` is of the function's time.

    Attributes:
        tested: what the model answered when it was evaluated.
    """

    asker: Asks
    max_failures: int
    samples: SampleStore
    tested: AnswersWhenTested
    seconds_left: Callable[[], float]

    def run(self) -> dict[str, Any]:
        """`{"passed", "detail"}`; detail names each sample that failed, and why."""
        if not self.samples.uri:
            # Only the old model of a split can be without: it must be possible to go back.
            return {
                "passed": True,
                "detail": "Not asked: the package of the model is gone or names no samples; the "
                "model served before",
            }
        try:
            index = self.samples.index()
        except SamplesError as error:
            return {"passed": False, "detail": str(error)}
        faults: dict[str, str] = {}
        for sample in index.samples:
            fault = self._fault(sample, index)
            if fault is not None:
                faults[sample.file] = fault
        return {
            "passed": len(faults) <= self.max_failures and len(faults) < len(index.samples),
            "detail": self._detail(len(index.samples), faults),
        }

    def _fault(self, sample: Sample, index: Samples) -> str | None:
        """What is wrong with the answer to a sample, or None."""
        if self.seconds_left() < SECONDS_A_SAMPLE:
            return "not asked, the function's time was over; ask fewer samples or a faster endpoint"
        try:
            prediction = self.asker.ask(self.samples.read(sample.file), index)
        except (ClientError, BotoCoreError, SamplesError, PredictionsError) as error:
            return str(error)[:_TEXT_SHOWN]
        expected = self.tested.answers.get(sample.file, sample.label)
        if prediction.label == expected:
            return None
        of_test = ", as when it was tested" if sample.file in self.tested.answers else ""
        return (
            f"expected {expected}{of_test}, got {prediction.label} "
            f"(confidence {prediction.confidence:.2f})"
        )

    def _detail(self, asked: int, faults: dict[str, str]) -> str:
        of_variant = f" by the variant {self.asker.variant}" if self.asker.variant else ""
        lines = [
            f"{asked - len(faults)} of {asked} held-out samples were answered as expected"
            f"{of_variant}, {len(faults)} not; allowed are {self.max_failures}"
        ]
        if self.tested.fault:
            lines.append(f"  Expected were the labels, since {self.tested.fault}")
        lines += [f"  {file}: {fault}" for file, fault in list(faults.items())[:_FAULTS_SHOWN]]
        if len(faults) > _FAULTS_SHOWN:
            lines.append(f"  and {len(faults) - _FAULTS_SHOWN} more")
        return "\n".join(lines)
