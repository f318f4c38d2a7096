"""Ask the endpoint about the samples while it is updated, when old and new model both answer.

An answer is wrong that is neither the tested model's nor what the endpoint answered before the
update. Which samples were answered wrong is kept from probe to probe, since a canary of a tenth of
the requests gives one wrong answer in ten to each: once they are more than the smoke test allows,
the metric says so, its alarm goes off, and SageMaker rolls the update back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contracts import names
from contracts.predictions import PredictionsError
from contracts.samples import Samples
from lambdas.deployment.answers_when_tested import AnswersWhenTested
from lambdas.deployment.ask import Asks
from lambdas.deployment.samples import SampleStore

PROBE_SECONDS = 20.0
"""After which no further sample is sent: the endpoint is to be looked at again."""

_MOST_SAMPLES = 200
_TEXT_SHOWN = 120
_FAULTS_SHOWN = 5

Seen = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """Probes one endpoint. `cloudwatch` is a boto3 client.

    Attributes:
        tested: what the new model answered when it was evaluated.
        seconds: since any moment.
    """

    asker: Asks
    max_failures: int
    samples: SampleStore
    tested: AnswersWhenTested
    cloudwatch: Any
    seconds: Callable[[], float]

    def before(self) -> Seen:
        """What the endpoint answers to the new model's samples before the update.

        A sample without an answer is left out: the new model's answer alone is right then.

        Returns:
            `{"before": {file: answer}, "wrong": {}, "detail"}`, for `during`.

        Raises:
            SamplesError: the samples cannot be read.
        """
        before, faults = self._answers(self.samples.index())
        detail = f"{len(before)} samples were answered before the update, {len(faults)} not"
        return {"before": before, "wrong": {}, "detail": detail}

    def during(self, seen: Mapping[str, Any]) -> Seen:
        """Probe once and publish the metric.

        Args:
            seen: what `before`, or the probe before this one, answered; or nothing.

        Raises:
            SamplesError: the samples cannot be read.
            ClientError: CloudWatch refuses.
        """
        before: Mapping[str, str] = seen.get("before", {})
        index = self.samples.index()
        answers, faults = self._answers(index)
        wrong = {**seen.get("wrong", {}), **faults}
        labels = {each.file: each.label for each in index.samples[:_MOST_SAMPLES]}
        for file, answer in answers.items():
            expected = self.tested.answers.get(file, labels[file])
            if answer not in (expected, before.get(file)):
                wrong[file] = f"got {answer}, expected {expected}"
        self._publish(len(wrong) / len(labels) if len(wrong) > self.max_failures else 0.0)
        return {"before": before, "wrong": wrong, "detail": self._detail(len(labels), wrong)}

    def _answers(self, index: Samples) -> tuple[dict[str, str], dict[str, str]]:
        """Answers by file, and what came instead of one."""
        end = self.seconds() + PROBE_SECONDS
        answers: dict[str, str] = {}
        faults: dict[str, str] = {}
        for sample in index.samples[:_MOST_SAMPLES]:
            if self.seconds() > end:
                break
            body = self.samples.read(sample.file)
            try:
                answers[sample.file] = self.asker.ask(body, index).label
            except (ClientError, BotoCoreError, PredictionsError) as error:
                faults[sample.file] = str(error)[:_TEXT_SHOWN]
        return answers, faults

    def _publish(self, share: float) -> None:
        self.cloudwatch.put_metric_data(
            Namespace=names.DEPLOYMENT_METRICS,
            MetricData=[
                {
                    "MetricName": names.WRONG_ANSWERS,
                    "Dimensions": [{"Name": "EndpointName", "Value": self.asker.endpoint_name}],
                    "Value": share,
                    "Unit": "None",
                }
            ],
        )

    def _detail(self, asked: int, wrong: Mapping[str, str]) -> str:
        if not wrong:
            return f"during the update all answers to {asked} samples were right"
        shown = "; ".join(f"{file}: {what}" for file, what in list(wrong.items())[:_FAULTS_SHOWN])
        return (
            f"during the update {len(wrong)} of {asked} samples were answered wrong at times, "
            f"allowed are {self.max_failures}: {shown}"
        )
