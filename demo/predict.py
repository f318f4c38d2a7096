"""Send held-out examples to the endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from contracts.predictions import predictions_of
from contracts.samples import CSV, INDEX, Samples


@dataclass(frozen=True)
class Prediction:
    """What the endpoint said of one example.

    Attributes:
        example: the object it came from; of a table with the line.
        confidence: in [0, 1].
        variant: the endpoint's production variant that answered.
    """

    example: str
    label: str
    predicted: str
    confidence: float
    variant: str = ""

    @property
    def right(self) -> bool:
        return self.predicted == self.label


def predict_samples(s3: Any, runtime: Any, *, endpoint: str, samples_uri: str) -> list[Prediction]:
    """Every example that `samples.json` under ``samples_uri`` lists, through InvokeEndpoint.

    Raises contracts' SamplesError and PredictionsError, and boto3's errors.
    """
    location = urlsplit(samples_uri)
    bucket, prefix = location.netloc, location.path.strip("/")

    def read(name: str) -> bytes:
        body: bytes = s3.get_object(Bucket=bucket, Key=f"{prefix}/{name}")["Body"].read()
        return body

    index = Samples.parse(read(INDEX))
    predictions = []
    for sample in index.samples:
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint,
            ContentType=index.content_type,
            # The built-in XGBoost answers CSV to CSV; its JSON has no place for the classes.
            Accept=CSV if index.content_type == CSV else "application/json",
            Body=read(sample.file),
        )
        (told,) = predictions_of(
            answer["Body"].read(), answer["ContentType"], index.classes, rows=1
        )
        predictions.append(
            Prediction(
                example=sample.key,
                label=sample.label,
                predicted=told.label,
                confidence=told.confidence,
                variant=answer.get("InvokedProductionVariant", ""),
            )
        )
    return predictions
