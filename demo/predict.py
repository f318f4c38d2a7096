"""Send held-out pictures to the endpoint."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Prediction:
    """What the endpoint said of one picture; ``confidence`` in [0, 1]."""

    picture: str
    label: str
    predicted: str
    confidence: float


def predict_samples(s3: Any, runtime: Any, *, endpoint: str, samples_uri: str) -> list[Prediction]:
    """Every picture that `samples.json` under ``samples_uri`` lists, through InvokeEndpoint."""
    location = urlsplit(samples_uri)
    bucket, prefix = location.netloc, location.path.strip("/")

    def read(name: str) -> bytes:
        body: bytes = s3.get_object(Bucket=bucket, Key=f"{prefix}/{name}")["Body"].read()
        return body

    predictions = []
    for sample in json.loads(read("samples.json"))["samples"]:
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint,
            ContentType="application/x-image",
            Accept="application/json",
            Body=read(sample["file"]),
        )
        best = json.loads(answer["Body"].read())["predictions"][0]
        predictions.append(
            Prediction(
                picture=sample["key"],
                label=sample["label"],
                predicted=best["label"],
                confidence=best["confidence"],
            )
        )
    return predictions
