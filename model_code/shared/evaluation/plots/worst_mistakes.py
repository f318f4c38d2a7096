"""The pictures that the model was surest of, and wrong."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from contracts.evaluation_report import Mistake
from shared.evaluation.plots import figures

_ACROSS = 6
_PIXELATED_BELOW = 64


def draw(mistakes: Sequence[tuple[Mistake, bytes]]) -> Figure:
    """A grid, the worst first; each picture PNG or JPEG."""
    figure, places = figures.grid(len(mistakes), columns=_ACROSS, edge=2.0)
    for (mistake, encoded), axes in zip(mistakes, places, strict=True):
        with Image.open(io.BytesIO(encoded)) as opened:
            picture = np.asarray(opened.convert("RGB"))
        small = picture.shape[1] < _PIXELATED_BELOW
        axes.imshow(picture, interpolation="nearest" if small else "antialiased")
        axes.set_axis_off()
        label, predicted = figures.shown(mistake.label, 22), figures.shown(mistake.predicted, 18)
        axes.set_title(f"{label}\ntaken for {predicted}\n{mistake.confidence:.3f}", fontsize=8)
    return figure
