"""What the tested model answers to the samples that the deployment's smoke test will send.

A good model is wrong at times. The smoke test asks whether what is served is what was tested, so
it expects these answers rather than the truth.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from contracts.evaluation_report import SampleAnswer
from contracts.samples import CSV, INDEX, Samples, SamplesError
from shared.evaluation.models import Asked
from shared.faults import RefusedError


def of(folder: Path, asked: Asked) -> tuple[SampleAnswer, ...]:
    """The model's answer to each file that samples.json lists; none where there is no folder.

    Raises:
        RefusedError: the samples are damaged.
    """
    if not folder.is_dir():
        return ()
    try:
        index = Samples.parse((folder / INDEX).read_bytes())
        files = [(folder / sample.file).read_bytes() for sample in index.samples]
        inputs: Any = files
        if index.content_type == CSV:
            inputs = np.array([_features(file) for file in files], np.float64)
    except (OSError, SamplesError, ValueError) as error:
        fault = f"{folder / INDEX}: {' '.join(str(error).split())}"
        raise RefusedError("the samples cannot be read:", [fault]) from error
    if not files:
        return ()
    best = asked.probabilities(inputs).argmax(axis=1)
    return tuple(
        SampleAnswer(file=sample.file, label=sample.label, predicted=asked.columns[int(column)])
        for sample, column in zip(index.samples, best, strict=True)
    )


def _features(file: bytes) -> list[float]:
    """The one row of a table's sample, which has no label; NaN for an empty field."""
    fields = file.decode("utf-8").strip("\r\n").split(",")
    return [float(field) if field.strip() else math.nan for field in fields]
