"""Uploads made up for tests, and an S3 that has them."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from botocore.exceptions import ClientError
from PIL import Image

from contracts.manifest import Manifest, ManifestObject

PREFIX = "uploads/shapes/"
BUCKET = "data"
EDGE = 16


def picture(label: int, number: int, *, edge: int = EDGE) -> Image.Image:
    """A noisy picture that shows by its bright third which class it is of."""
    noise = np.random.default_rng((label, number)).integers(0, 90, (edge, edge, 3))
    third = edge // 3
    noise[label * third : (label + 1) * third] += 150
    return Image.fromarray(noise.astype(np.uint8))


def encode(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind)
    return buffer.getvalue()


@dataclass(frozen=True)
class Upload:
    """Files by their name below the prefix."""

    files: dict[str, bytes]

    @property
    def manifest(self) -> Manifest:
        objects = [
            ManifestObject(
                key=PREFIX + name, version_id=f"v-{len(content)}", size=len(content), etag="e"
            )
            for name, content in self.files.items()
        ]
        return Manifest(
            workload="shapes",
            bucket=BUCKET,
            prefix=PREFIX,
            objects=tuple(sorted(objects, key=lambda item: item.key)),
        )

    def write(self, folder: Path) -> None:
        """Manifest and contents, for `helpers/prepare_from_folder.py`."""
        (folder / "manifest").mkdir(parents=True)
        (folder / "manifest" / "manifest.json").write_bytes(self.manifest.to_bytes())
        (folder / "objects").mkdir()
        index = {}
        for number, (name, content) in enumerate(self.files.items()):
            (folder / "objects" / str(number)).write_bytes(content)
            index[PREFIX + name] = number
        (folder / "index.json").write_text(json.dumps(index))


class FakeS3:
    """`get_object` of an upload, by key and version."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload

    def get_object(self, *, Bucket: str, Key: str, VersionId: str) -> dict[str, Any]:  # noqa: N803
        content = self._upload.files.get(Key.removeprefix(PREFIX))
        if Bucket != BUCKET or content is None or VersionId != f"v-{len(content)}":
            told = {"Error": {"Code": "NoSuchVersion", "Message": "it does not exist"}}
            raise ClientError(told, "GetObject")
        return {"Body": io.BytesIO(content)}


LABELS = ("with space", "zażółć", "ünï")


def clean_files(count: int = 40, labels: tuple[str, ...] = LABELS) -> dict[str, bytes]:
    return {
        f"{label}/{number:03d}.png": encode(picture(index, number))
        for index, label in enumerate(labels)
        for number in range(count)
    }


def messy_upload() -> Upload:
    """Three classes that can be trained on, with one of all that goes wrong among them."""
    files = clean_files()
    conflict = encode(picture(0, 900))
    return Upload(
        {
            **files,
            "labels.csv": b"file,label\n1.png,a\n",
            "with space/notes.csv": b"a,b\n",
            "with space/cut off.png": encode(picture(0, 901))[:200],
            "with space/in two.png": conflict,
            "ünï/in two.png": conflict,
            "ünï/empty.jpg": b"",
            "ünï/": b"",
            "zażółć/sub folder/again.png": files["zażółć/000.png"],
            "zażółć/large photo.jpg": encode(picture(1, 902, edge=48), "JPEG"),
            "zażółć/palette.gif": encode(picture(1, 903).quantize(16), "GIF"),
            "zażółć/transparent.png": encode(picture(1, 904).convert("RGBA")),
        }
    )


def cub_upload(classes: int = 3, count: int = 8, *, root: str = "CUB_200_2011/") -> Upload:
    """Pictures laid out as CUB-200-2011: every fourth is held out, boxes cover the left half."""
    lists: dict[str, list[str]] = {
        name: [] for name in ("images", "image_class_labels", "train_test_split", "bounding_boxes")
    }
    files: dict[str, bytes] = {}
    names = [f"{label + 1:03d}.Bird_{label}" for label in range(classes)]
    for label, name in enumerate(names):
        for number in range(count):
            which = label * count + number + 1
            path = f"{name}/Bird_{number:04d}.png"
            files[f"{root}images/{path}"] = encode(picture(label, number))
            lists["images"].append(f"{which} {path}")
            lists["image_class_labels"].append(f"{which} {label + 1}")
            lists["train_test_split"].append(f"{which} {int(number % 4 > 0)}")
            lists["bounding_boxes"].append(f"{which} 0.0 0.0 {EDGE / 2} {EDGE}")
    lists["classes"] = [f"{number} {name}" for number, name in enumerate(names, start=1)]
    for name, lines in lists.items():
        files[f"{root}{name}.txt"] = "\n".join([*lines, ""]).encode()
    files[f"{root}attributes/certainties.txt"] = b"1 not visible\n"
    return Upload(files)
