"""A synthetic data set: textured shapes, in place of birds.

Nothing here was photographed. A class is a texture on a shape, such as ``striped-circle``, so
that neither alone tells the class: like species of birds, the classes differ in detail. Place,
size, rotation, colours, light, noise and distracting blobs vary from picture to picture. Every
picture has a random stream of its own from (seed, class, number): the same arguments give the
same pictures, and more pictures a class leave the earlier ones as they are.

    python -m demo.datasets.textured_shapes FOLDER --layout folders|cub-200-2011 --per-class 60
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from demo.datasets.textures_and_outlines import OUTLINES, TEXTURES

EDGE = 64
"""Pixels of a picture's edge."""
CLASSES = tuple(f"{texture}-{outline}" for texture in TEXTURES for outline in OUTLINES)
"""All names there are; a data set of n classes has the first n."""
TEST_EVERY = 4
"""Every fourth picture of a class is a test picture in the CUB-200-2011 layout's own split."""

_FINE = 2
"""Drawn at this many times the size, so that edges are smooth."""
_JPEG_QUALITY = 92

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drawing:
    """``pixels`` is (edge, edge, 3) uint8; ``box`` is x, y, width, height in pixels."""

    pixels: npt.NDArray[np.uint8]
    box: tuple[float, float, float, float]


def draw(class_index: int, number: int, *, edge: int = EDGE, seed: int = 0) -> Drawing:
    """The picture of this number in a class."""
    random = np.random.default_rng([seed, class_index, number])
    texture, outline = CLASSES[class_index].split("-")
    size = edge * _FINE
    y, x = np.mgrid[0:size, 0:size] / size
    radius = random.uniform(0.22, 0.4)
    centre_x, centre_y = random.uniform(radius + 0.02, 0.98 - radius, 2)
    turn, stretch = random.uniform(-0.45, 0.45), random.uniform(0.9, 1.1)
    u, v = _turned((x - centre_x) / radius * stretch, (y - centre_y) / radius, turn)
    inside = OUTLINES[outline](u, v)
    bright = TEXTURES[texture](u, v, random)
    light, dark = _colours(random)
    picture = _background(x, y, random)
    picture = np.where(inside[..., None], np.where(bright[..., None], light, dark), picture)
    picture *= _light(x, y, random)
    picture = picture.reshape(edge, _FINE, edge, _FINE, 3).mean(axis=(1, 3))
    picture += random.normal(0, random.uniform(3, 14), picture.shape)
    return Drawing(np.clip(np.rint(picture), 0, 255).astype(np.uint8), _box(inside))


def write_folders(
    folder: Path, *, classes: int = 10, per_class: int = 60, edge: int = EDGE, seed: int = 0
) -> int:
    """Write ``<folder>/<class>/<nnnn>.jpg``; answer the number of files.

    A picture that is there already is left alone.
    """
    pictures = 0
    for class_index, name in enumerate(_names(classes)):
        for number in range(per_class):
            path = folder / name / f"{number:04d}.jpg"
            if not path.exists():
                _save(draw(class_index, number, edge=edge, seed=seed), path)
            pictures += 1
    return pictures


def write_cub_200_2011(
    folder: Path, *, classes: int = 10, per_class: int = 60, edge: int = EDGE, seed: int = 0
) -> int:
    """Write the files of the CUB-200-2011 layout; answer the number of pictures.

    ``images.txt``, ``classes.txt``, ``image_class_labels.txt``, ``train_test_split.txt``,
    ``bounding_boxes.txt`` and ``images/<nnn>.<class>/<class>_<nnnn>.jpg``; ids and class ids
    count from 1, as in the layout's README.
    """
    tables: dict[str, list[str]] = {
        "images": [],
        "image_class_labels": [],
        "train_test_split": [],
        "bounding_boxes": [],
    }
    folders = [f"{index + 1:03d}.{name}" for index, name in enumerate(_names(classes))]
    for class_index, class_folder in enumerate(folders):
        for number in range(per_class):
            picture = len(tables["images"]) + 1
            file = f"{class_folder}/{class_folder[4:]}_{number + 1:04d}.jpg"
            drawing = draw(class_index, number, edge=edge, seed=seed)
            path = folder / "images" / file
            if not path.exists():
                _save(drawing, path)
            tables["images"].append(f"{picture} {file}")
            tables["image_class_labels"].append(f"{picture} {class_index + 1}")
            training = int((number + 1) % TEST_EVERY != 0)
            tables["train_test_split"].append(f"{picture} {training}")
            box = " ".join(f"{value:.1f}" for value in drawing.box)
            tables["bounding_boxes"].append(f"{picture} {box}")
    tables["classes"] = [f"{number} {name}" for number, name in enumerate(folders, start=1)]
    for name, lines in tables.items():
        (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))
    return len(tables["images"])


def _names(classes: int) -> Iterator[str]:
    if not 1 <= classes <= len(CLASSES):
        raise ValueError(f"there are 1 to {len(CLASSES)} classes of textured shapes, not {classes}")
    yield from CLASSES[:classes]


def _save(drawing: Drawing, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # The name appears with the whole content, also where the writing is cut short.
    unfinished = path.parent.parent / f".{path.name}.part"
    Image.fromarray(drawing.pixels).save(unfinished, format="JPEG", quality=_JPEG_QUALITY)
    unfinished.replace(path)


def _turned(x: Floats, y: Floats, radians: float) -> tuple[Floats, Floats]:
    cosine, sine = np.cos(radians), np.sin(radians)
    return x * cosine + y * sine, y * cosine - x * sine


def _colours(random: np.random.Generator) -> tuple[Floats, Floats]:
    """A light and a dark colour, always far enough apart for the texture to be seen."""
    light, dark = random.uniform(130, 255, 3), random.uniform(0, 150, 3)
    while light.mean() - dark.mean() < 70:
        light, dark = random.uniform(130, 255, 3), random.uniform(0, 150, 3)
    return light, dark


def _background(x: Floats, y: Floats, random: np.random.Generator) -> Floats:
    """A colour that changes over the picture, and some round blobs that mean nothing."""
    corner, across, down = random.uniform(40, 215, 3), *random.uniform(-60, 60, (2, 3))
    picture: Floats = corner + x[..., None] * across + y[..., None] * down
    for _ in range(random.integers(0, 5)):
        blob_x, blob_y, width = *random.uniform(0, 1, 2), random.uniform(0.03, 0.1)
        weight = np.exp(-((x - blob_x) ** 2 + (y - blob_y) ** 2) / width**2)
        picture = picture + weight[..., None] * random.uniform(-80, 80, 3)
    return picture


def _light(x: Floats, y: Floats, random: np.random.Generator) -> Floats:
    direction = random.uniform(0, 2 * np.pi)
    slope = random.uniform(0, 0.4) * ((x - 0.5) * np.cos(direction) + (y - 0.5) * np.sin(direction))
    brightness: Floats = (random.uniform(0.7, 1.15) + slope)[..., None]
    return brightness


def _box(inside: npt.NDArray[np.bool_]) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    left, top = float(columns[0] / _FINE), float(rows[0] / _FINE)
    right, bottom = float((columns[-1] + 1) / _FINE), float((rows[-1] + 1) / _FINE)
    return left, top, right - left, bottom - top


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write synthetic pictures of textured shapes.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layout", choices=("folders", "cub-200-2011"), default="folders")
    parser.add_argument("--classes", type=int, default=10, help=f"1 to {len(CLASSES)}")
    parser.add_argument("--per-class", type=int, default=60)
    parser.add_argument("--edge", type=int, default=EDGE, help="pixels")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    write = write_folders if given.layout == "folders" else write_cub_200_2011
    pictures = write(
        given.folder,
        classes=given.classes,
        per_class=given.per_class,
        edge=given.edge,
        seed=given.seed,
    )
    print(f"{pictures} pictures in {given.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
