"""Statistics of the pictures that a model is trained on, for monitoring to compare with."""

from __future__ import annotations

import math
from typing import Any

from shared.images.index import Index
from shared.images.splitting import TRAIN

SCHEMA_VERSION = 1
_BINS = 20
_CHANNELS = ("red", "green", "blue")
_TRAINING = (
    "FROM pictures JOIN files ON files.fingerprint = pictures.fingerprint"
    f" WHERE split = '{TRAIN}' AND state = 'good'"
)
_BRIGHTNESS = "0.299 * red + 0.587 * green + 0.114 * blue"


def baseline(index: Index, *, edge: int) -> dict[str, Any]:
    """The document `baseline.json`.

    Channels' mean and standard deviation are over all pixels, 0..255, of the prepared pictures;
    brightness is the mean of a picture's pixels by ITU-R BT.601; width, height (pixels) and
    aspect (width / height) are those of the files before they were resized. A histogram's bin
    takes its lower edge in, and the last bin its upper edge too.
    """
    rows = index.value(f"SELECT COUNT(*) {_TRAINING}")
    labels = index.counts(f"SELECT files.label, COUNT(*) {_TRAINING} GROUP BY files.label")
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "image",
        "rows": rows,
        "image_size": edge,
        "channels": {name: _channel(index, name) for name in _CHANNELS},
        "features": {
            "brightness": _feature(index, _BRIGHTNESS, 0.0, 255.0),
            **{name: _feature(index, name) for name in ("width", "height")},
            "aspect": _feature(index, "1.0 * width / height"),
        },
        "labels": {label: labels.get(label, 0) / rows for label in index.classes()},
        "formats": index.counts(f"SELECT form, COUNT(*) {_TRAINING} GROUP BY form"),
        "modes": index.counts(f"SELECT mode, COUNT(*) {_TRAINING} GROUP BY mode"),
    }


def _channel(index: Index, name: str) -> dict[str, float]:
    ((mean, square),) = index.rows(f"SELECT AVG({name}), AVG({name}_square) {_TRAINING}")
    return {"mean": mean, "std": math.sqrt(max(0.0, square - mean**2))}


def _feature(
    index: Index, of: str, low: float | None = None, high: float | None = None
) -> dict[str, Any]:
    ((least, most, mean),) = index.rows(f"SELECT MIN({of}), MAX({of}), AVG({of}) {_TRAINING}")
    ((variance,),) = index.rows(f"SELECT AVG(({of} - ?) * ({of} - ?)) {_TRAINING}", mean, mean)
    start, end = (least if low is None else low), (most if high is None else high)
    width = (end - start) / _BINS or 1.0
    counts = index.counts(
        f"SELECT MIN({_BINS - 1}, CAST((({of}) - ?) / ? AS INTEGER)) AS bin, COUNT(*)"
        f" {_TRAINING} GROUP BY bin",
        start,
        width,
    )
    return {
        "min": least,
        "max": most,
        "mean": mean,
        "std": math.sqrt(variance),
        "histogram": {
            "edges": [start + width * number for number in range(_BINS + 1)],
            "counts": [counts.get(number, 0) for number in range(_BINS)],
        },
    }
