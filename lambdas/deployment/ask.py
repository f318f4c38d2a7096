"""Ask an endpoint about one sample, as its users ask it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from contracts.predictions import Prediction, predictions_of
from contracts.samples import CSV, Samples


class Asks(Protocol):
    """Asks one endpoint; `variant` is the only one that answers, or empty for any."""

    @property
    def endpoint_name(self) -> str: ...

    @property
    def variant(self) -> str: ...

    def ask(self, body: bytes, index: Samples) -> Prediction:
        """The answer to a sample of `index`."""


def accept_of(index: Samples) -> str:
    """The form of answer to ask for. The built-in XGBoost answers CSV to CSV; its JSON has no
    place for the classes."""
    return CSV if index.content_type == CSV else "application/json"


def prediction_of(body: bytes, content_type: str, index: Samples) -> Prediction:
    """The one prediction of an answer. Raises PredictionsError."""
    (prediction,) = predictions_of(body, content_type, index.classes, rows=1)
    return prediction


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Asks one endpoint. `runtime` is a boto3 client.

    Attributes:
        variant: the only one to ask; empty for whichever the endpoint chooses.
    """

    endpoint_name: str
    runtime: Any
    variant: str = ""

    def ask(self, body: bytes, index: Samples) -> Prediction:
        """The answer to a sample of `index`.

        Raises:
            ClientError, BotoCoreError: the endpoint did not answer.
            PredictionsError: the answer is of another form than this project's models give.
        """
        request = {
            "EndpointName": self.endpoint_name,
            "ContentType": index.content_type,
            "Accept": accept_of(index),
            "Body": body,
        }
        if self.variant:
            request["TargetVariant"] = self.variant
        answer = self.runtime.invoke_endpoint(**request)
        return prediction_of(answer["Body"].read(), answer["ContentType"], index)
