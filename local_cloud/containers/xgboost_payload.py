"""Requests to the built-in XGBoost: CSV or libsvm without labels, several rows at a time.

Source: ``algorithm_mode/serve_utils.py`` and ``encoder.py`` of
https://github.com/aws/sagemaker-xgboost-container.
"""

from __future__ import annotations

import csv

import numpy as np
import xgboost
from scipy.sparse import csr_matrix

from local_cloud.containers import xgboost_content_types
from local_cloud.containers.xgboost_content_types import CSV


class PayloadError(Exception):
    """The body is not what its content type says."""


def parse(body: bytes, content_type: str | None) -> tuple[xgboost.DMatrix, str]:
    """The rows, and whether they came as CSV or libsvm. Raises PayloadError, ContentTypeError."""
    kind = xgboost_content_types.parse(content_type)
    try:
        text = body.decode("utf-8").strip()
        matrix = _csv(text) if kind == CSV else _libsvm(text)
    except (ValueError, IndexError, csv.Error) as error:
        raise PayloadError(
            f"Loading {kind} data failed with Exception, please ensure data is in {kind} format:"
            f"\n {type(error)}\n {error}"
        ) from error
    return matrix, kind


def _csv(text: str) -> xgboost.DMatrix:
    """An empty field is a missing value; the delimiter is told from the first line."""
    lines = text.splitlines()
    sniffed = csv.Sniffer().sniff(lines[0][:512]).delimiter
    delimiter = "," if sniffed.isalnum() else sniffed
    rows = [
        [float(field) if field.strip() else float("nan") for field in line.split(delimiter)]
        for line in lines
    ]
    return xgboost.DMatrix(np.array(rows, dtype=np.float32))


def _libsvm(text: str) -> xgboost.DMatrix:
    """What has no colon is a label, and not looked at; indices count from 0."""
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    lines = text.splitlines()
    for row, line in enumerate(lines):
        for word in line.split():
            index, colon, value = word.partition(":")
            if colon:
                rows.append(row)
                columns.append(int(index))
                values.append(float(value))
    shape = (len(lines), max(columns, default=-1) + 1)
    return xgboost.DMatrix(csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32))
