"""Small charts as SVG text, for a page that needs no other file; page_style colours them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from contracts.evaluation_report import CalibrationBin, RocPoint
from shared.evaluation.curves import Tried
from shared.evaluation.markup import text

WIDTH, HEIGHT = 360, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 14, 26, 40
COLORS = 4
_WHOLE_NUMBERS_FROM = 4
_NAME_LENGTH = 14
_HEAT = 600
Points = Sequence[tuple[float, float]]


def lines(
    series: Mapping[str, Points], *, x_label: str, y_range: tuple[float, float] | None = None
) -> str:
    """A line a series of (x, y), with a legend. `series` holds one point at least."""
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    scale = _Scale((min(xs), max(xs)), y_range or (min(0.0, *ys), max(ys)))
    parts = [_axes(scale, x_label)]
    for number, (name, points) in enumerate(series.items()):
        parts.append(_curve(scale, points, number))
        if len(points) == 1:
            parts.append(_dot(scale, points[0], 3, f"f{number % COLORS}"))
        parts.append(_legend(number, name))
    return _svg(parts, f"{', '.join(series)} over {x_label}")


def roc(points: Sequence[RocPoint]) -> str:
    """True positives against false ones; the diagonal is guessing."""
    scale = _Scale((0.0, 1.0), (0.0, 1.0))
    curve = [(point.false_positive_rate, point.true_positive_rate) for point in points]
    parts = [_axes(scale, "false positive rate"), _diagonal(scale), _curve(scale, curve, 0)]
    return _svg(parts, "true positive rate over false positive rate")


def reliability(bins: Sequence[CalibrationBin]) -> str:
    """Confidence against accuracy, a dot a bin, its area by its rows; the diagonal is ideal."""
    scale = _Scale((0.0, 1.0), (0.0, 1.0))
    most = max(one.rows for one in bins)
    dots = [
        _dot(
            scale,
            (one.confidence, one.accuracy),
            3 + 9 * (one.rows / most) ** 0.5,
            "f0",
            f"{one.rows} rows: confidence {one.confidence:.3f}, accuracy {one.accuracy:.3f}",
        )
        for one in bins
    ]
    return _svg([_axes(scale, "confidence"), _diagonal(scale), *dots], "accuracy over confidence")


def scatter(tried: Tried, best: float) -> str:
    """The objective over a hyperparameter, the best trial marked; categories are strips."""
    xs = [math.log10(x) if tried.log else x for x, _ in tried.points]
    ys = [y for _, y in tried.points]
    if tried.names:
        span = (-0.5, len(tried.names) - 0.5)
    else:
        room = 0.04 * (max(xs) - min(xs))
        span = (min(xs) - room, max(xs) + room)
    room = 0.06 * (max(ys) - min(ys))
    scale = _Scale(span, (min(ys) - room, max(ys) + room))
    label = f"{tried.hyperparameter} (log scale)" if tried.log else tried.hyperparameter
    parts = [_rules(scale), _caption(label), _places(scale, tried)]
    for x, y in zip(xs, ys, strict=True):
        told = f"objective {y:.5g}"
        parts.append(_dot(scale, (x, y), 5, "f0 best" if y == best else "f0", told))
    return _svg(parts, f"objective over {label}")


def heat(matrix: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    """A confusion matrix of many classes: each cell's share of its row, right ones green."""
    edge = _HEAT / len(classes)
    cells = []
    for label, row in enumerate(matrix):
        total = max(1, sum(row))
        for predicted, count in enumerate(row):
            if not count:
                continue
            told = f"{classes[label]} taken for {classes[predicted]}: {count} of {total}"
            if label == predicted:
                told = f"{classes[label]}: {count} of {total} right"
            cells.append(
                f'<rect x="{predicted * edge:.2f}" y="{label * edge:.2f}" width="{edge:.2f}" '
                f'height="{edge:.2f}" class="{"hit" if label == predicted else "miss"}" '
                f'fill-opacity="{0.2 + 0.8 * count / total:.2f}"><title>{text(told)}</title></rect>'
            )
    frame = f'<rect width="{_HEAT}" height="{_HEAT}" class="frame"/>'
    return (
        f'<svg viewBox="-1 -1 {_HEAT + 2} {_HEAT + 2}" role="img" aria-label="confusion matrix">'
        f"{frame}{''.join(cells)}</svg>"
    )


class _Scale:
    """From data to the drawing's coordinates; a range without extent is widened."""

    def __init__(self, x_range: tuple[float, float], y_range: tuple[float, float]) -> None:
        (self.x_low, x_high), (self.y_low, y_high) = x_range, y_range
        self.x_high = x_high if x_high > self.x_low else self.x_low + 1
        self.y_high = y_high if y_high > self.y_low else self.y_low + 1

    def x(self, value: float) -> float:
        share = (value - self.x_low) / (self.x_high - self.x_low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.y_low) / (self.y_high - self.y_low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _axes(scale: _Scale, x_label: str) -> str:
    places = [scale.x_low + step * (scale.x_high - scale.x_low) / 4 for step in range(5)]
    if scale.x_high - scale.x_low >= _WHOLE_NUMBERS_FROM:
        places = [float(round(place)) for place in places]
    ticks = "".join(_tick(scale.x(place), f"{place:.4g}") for place in places)
    return _rules(scale) + _caption(x_label) + ticks


def _places(scale: _Scale, tried: Tried) -> str:
    if tried.names:
        return "".join(
            _tick(scale.x(place), _short(name)) for place, name in enumerate(tried.names)
        )
    if tried.log:
        powers = range(math.floor(scale.x_low), math.ceil(scale.x_high) + 1)
        inside = [power for power in powers if scale.x_low <= power <= scale.x_high]
        return "".join(_tick(scale.x(power), f"{10.0**power:g}") for power in inside)
    return "".join(
        _tick(scale.x(value), f"{value:.4g}") for value in _round_values(scale.x_low, scale.x_high)
    )


def _rules(scale: _Scale) -> str:
    parts = []
    for y in _round_values(scale.y_low, scale.y_high):
        at = scale.y(y)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" class="grid"/>'
            f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{y:.4g}</text>'
        )
    return "".join(parts)


def _round_values(low: float, high: float) -> list[float]:
    """Three to six values of few digits from `low` to `high`."""
    extent = high - low
    power = 10.0 ** math.floor(math.log10(extent / 3))
    step = max(factor * power for factor in (1, 2, 5) if extent / (factor * power) >= 3)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def _caption(label: str) -> str:
    return (
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{text(label)}</text>'
    )


def _tick(x: float, label: str) -> str:
    return f'<text x="{x:.1f}" y="{HEIGHT - 22}" text-anchor="middle">{text(label)}</text>'


def _short(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…"


def _curve(scale: _Scale, points: Points, number: int) -> str:
    path = " ".join(f"{scale.x(x):.1f},{scale.y(y):.1f}" for x, y in points)
    return f'<polyline points="{path}" class="curve s{number % COLORS}"/>'


def _dot(
    scale: _Scale, point: tuple[float, float], radius: float, kind: str, told: str = ""
) -> str:
    return (
        f'<circle cx="{scale.x(point[0]):.1f}" cy="{scale.y(point[1]):.1f}" r="{radius:.1f}" '
        f'class="dot {kind}"><title>{text(told)}</title></circle>'
    )


def _diagonal(scale: _Scale) -> str:
    return (
        f'<line x1="{scale.x(0):.1f}" y1="{scale.y(0):.1f}" x2="{scale.x(1):.1f}" '
        f'y2="{scale.y(1):.1f}" class="ideal"/>'
    )


def _legend(number: int, name: str) -> str:
    x = LEFT + number * 110
    return (
        f'<rect x="{x}" y="4" width="10" height="10" class="f{number % COLORS}"/>'
        f'<text x="{x + 14}" y="13">{text(_short(name))}</text>'
    )


def _svg(parts: Sequence[str], described: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(described)}">'
        f"{''.join(parts)}</svg>"
    )
