"""A few rows and pictures of two classes, in the form that the prepare steps write."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from contracts.table_schema import TableSchema
from shared import class_names
from shared.images.shards import Record, write_shards

CLASSES = ("no", "yes")
EDGE = 16
SCHEMA = TableSchema.from_document(
    {
        "schema_version": 1,
        "header": True,
        "label": "label",
        "columns": [
            {"name": "feature_1", "type": "number"},
            {"name": "feature_2", "type": "number"},
            {"name": "label", "type": "category", "values": list(CLASSES)},
        ],
    }
).with_classes(CLASSES)


def write_table(channels: Path) -> None:
    """Channels train, validation and schema: feature_2 is above 0 where the label is yes."""
    chance = random.Random(7)
    for channel, count in (("train", 60), ("validation", 30)):
        (channels / channel).mkdir(parents=True)
        lines = []
        for number in range(count):
            label = number % 2
            missing = number % 10 == 0
            first = "" if missing else f"{chance.uniform(50, 60):.3f}"
            lines.append(f"{label},{first},{(2 * label - 1) * chance.uniform(0.5, 2):.3f}\n")
        (channels / channel / "part-00000-of-00001.csv").write_text("".join(lines))
    (channels / "schema").mkdir()
    (channels / "schema" / "schema.json").write_text(SCHEMA.to_json())


def write_pictures(channels: Path, form: str) -> None:
    """Channels train and validation: dark pictures and light ones."""
    chance = random.Random(7)
    for channel, count in (("train", 40), ("validation", 20)):
        folder = channels / channel
        write_shards(folder, _records(chance, count), count, form=form)
        class_names.write(folder, CLASSES)


def picture(chance: random.Random, label: int) -> bytes:
    """A PNG file."""
    values = bytes(chance.randrange(80) + 160 * label for _ in range(EDGE * EDGE * 3))
    file = io.BytesIO()
    Image.frombytes("RGB", (EDGE, EDGE), values).save(file, "PNG")
    return file.getvalue()


def _records(chance: random.Random, count: int) -> Iterator[Record]:
    for number in range(count):
        label = number % 2
        yield Record(picture(chance, label), label, f"uploads/x/{CLASSES[label]}/{number}.png")
