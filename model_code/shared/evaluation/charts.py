"""Small charts as SVG text, for a page that needs no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 360, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 14, 26, 40
COLORS = ("#2563eb", "#d97706", "#059669", "#dc2626")
_WHOLE_NUMBERS_FROM = 4
Points = Sequence[tuple[float, float]]


def lines(
    series: Mapping[str, Points], *, x_label: str, y_range: tuple[float, float] | None = None
) -> str:
    """A line a series of (x, y), with a legend. `series` holds one point at least."""
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    low, high = y_range or (min(0.0, *ys), max(ys))
    scale = _Scale(min(xs), max(xs), low, high)
    parts = [_axes(scale, x_label)]
    for number, (name, points) in enumerate(series.items()):
        color = COLORS[number % len(COLORS)]
        path = " ".join(f"{scale.x(x):.1f},{scale.y(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(_legend(number, name, color))
    return _svg(parts)


def reliability(points: Sequence[tuple[float, float, int]]) -> str:
    """Confidence against accuracy, a dot a bin, its area by its rows; the diagonal is ideal."""
    scale = _Scale(0.0, 1.0, 0.0, 1.0)
    most = max(rows for _, _, rows in points)
    diagonal = (
        f'<line x1="{scale.x(0):.1f}" y1="{scale.y(0):.1f}" x2="{scale.x(1):.1f}" '
        f'y2="{scale.y(1):.1f}" stroke="#9ca3af" stroke-dasharray="4"/>'
    )
    dots = [
        f'<circle cx="{scale.x(confidence):.1f}" cy="{scale.y(accuracy):.1f}" '
        f'r="{3 + 9 * (rows / most) ** 0.5:.1f}" fill="{COLORS[0]}" fill-opacity="0.6">'
        f"<title>{rows} pictures: confidence {confidence:.3f}, accuracy {accuracy:.3f}</title>"
        "</circle>"
        for confidence, accuracy, rows in points
    ]
    return _svg([_axes(scale, "confidence"), diagonal, *dots])


class _Scale:
    """From data to the drawing's coordinates; a range without extent is widened."""

    def __init__(self, x_low: float, x_high: float, y_low: float, y_high: float) -> None:
        self.x_low, self.x_high = x_low, x_high if x_high > x_low else x_low + 1
        self.y_low, self.y_high = y_low, y_high if y_high > y_low else y_low + 1

    def x(self, value: float) -> float:
        share = (value - self.x_low) / (self.x_high - self.x_low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.y_low) / (self.y_high - self.y_low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _axes(scale: _Scale, x_label: str) -> str:
    parts = [
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 6}" class="tick" text-anchor="middle">'
        f"{escape(x_label)}</text>"
    ]
    for step in range(5):
        y = scale.y_low + step * (scale.y_high - scale.y_low) / 4
        x = scale.x_low + step * (scale.x_high - scale.x_low) / 4
        if scale.x_high - scale.x_low >= _WHOLE_NUMBERS_FROM:
            x = float(round(x))
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{scale.y(y):.1f}" y2="{scale.y(y):.1f}" '
            f'stroke="#e5e7eb"/><text x="{LEFT - 6}" y="{scale.y(y) + 4:.1f}" class="tick" '
            f'text-anchor="end">{y:.3g}</text><text x="{scale.x(x):.1f}" y="{HEIGHT - 22}" '
            f'class="tick" text-anchor="middle">{x:.3g}</text>'
        )
    return "".join(parts)


def _legend(number: int, name: str, color: str) -> str:
    x = LEFT + number * 110
    return (
        f'<rect x="{x}" y="4" width="10" height="10" fill="{color}"/>'
        f'<text x="{x + 14}" y="13" class="tick">{escape(name)}</text>'
    )


def _svg(parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'
