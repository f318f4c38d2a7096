"""What textured shapes are made of: outlines and textures over coordinates.

``u`` and ``v`` are the coordinates in a shape's own frame, in units of its radius: a shape lies
within [-1, 1] on both axes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def _circle(u: Floats, v: Floats) -> Mask:
    inside: Mask = np.hypot(u, v) < 0.95
    return inside


def _square(u: Floats, v: Floats) -> Mask:
    inside: Mask = np.maximum(np.abs(u), np.abs(v)) < 0.78
    return inside


def _triangle(u: Floats, v: Floats) -> Mask:
    inside: Mask = (v < 0.6) & (np.abs(u) < (v + 1.0) * 0.6)
    return inside


def _star(u: Floats, v: Floats) -> Mask:
    """Of five points."""
    fifth = 2 * np.pi / 5
    angle = np.mod(np.arctan2(u, -v), fifth) - fifth / 2
    # Within a fifth, the edge is the line from a point at 1.0 to a notch at 0.42.
    tip = np.array([np.cos(fifth / 2), np.sin(fifth / 2)])
    notch = np.array([0.42, 0.0])
    radius = np.hypot(u, v)
    across, along = radius * np.cos(angle), radius * np.abs(np.sin(angle))
    edge = tip - notch
    side = edge[0] * (along - notch[1]) - edge[1] * (across - notch[0])
    inside: Mask = side > 0
    return inside


def _cross(u: Floats, v: Floats) -> Mask:
    longer, shorter = np.maximum(np.abs(u), np.abs(v)), np.minimum(np.abs(u), np.abs(v))
    inside: Mask = (longer < 0.9) & (shorter < 0.34)
    return inside


def _striped(u: Floats, _v: Floats, random: np.random.Generator) -> Mask:
    period, phase = random.uniform(0.34, 0.5), random.uniform(0, 1)
    light: Mask = np.mod(u / period + phase, 1) < 0.5
    return light


def _dotted(u: Floats, v: Floats, random: np.random.Generator) -> Mask:
    period, phases = random.uniform(0.4, 0.52), random.uniform(0, 1, 2)
    a, b = np.mod(u / period + phases[0], 1) - 0.5, np.mod(v / period + phases[1], 1) - 0.5
    light: Mask = np.hypot(a, b) < 0.33
    return light


def _chequered(u: Floats, v: Floats, random: np.random.Generator) -> Mask:
    period, phases = random.uniform(0.55, 0.75), random.uniform(0, 1, 2)
    a, b = np.mod(u / period + phases[0], 1) < 0.5, np.mod(v / period + phases[1], 1) < 0.5
    light: Mask = a == b
    return light


def _ringed(u: Floats, v: Floats, random: np.random.Generator) -> Mask:
    period, phase = random.uniform(0.36, 0.5), random.uniform(0, 1)
    light: Mask = np.mod(np.hypot(u, v) / period + phase, 1) < 0.5
    return light


OUTLINES: dict[str, Callable[[Floats, Floats], Mask]] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "cross": _cross,
}
TEXTURES: dict[str, Callable[[Floats, Floats, np.random.Generator], Mask]] = {
    "striped": _striped,
    "dotted": _dotted,
    "chequered": _chequered,
    "ringed": _ringed,
}
