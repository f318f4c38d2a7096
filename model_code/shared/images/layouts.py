"""How an upload tells which class a picture is of, and what else is known of it."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from contracts.manifest import ManifestObject
from shared.faults import RefusedError
from shared.images.pictures import Box

FOLDERS, CUB = LAYOUTS = ("folders", "cub-200-2011")

ReadObject = Callable[[ManifestObject], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What a layout says of one object.

    Attributes:
        label: its class, None where there is none.
        box: the part of the picture that shows it.
        in_test: whether the dataset's makers held it out; None where they did not say.
        fault: why the object cannot be used; empty where it can.
    """

    label: str | None
    box: Box | None = None
    in_test: bool | None = None
    fault: str = ""


class Layout(Protocol):
    """One way of laying out an upload."""

    def place(self, key: str) -> Place | None:
        """What is known of an object; None for one that is passed over."""

    def missing(self) -> Iterator[tuple[str, str]]:
        """Key and class of what should be there; asked after `place` of all that is there."""


class FoldersLayout:
    """One folder a class, directly below the prefix."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def place(self, key: str) -> Place:
        label = class_of(key, self._prefix)
        if label is None:
            told = f"lies directly under {self._prefix}; put it into a folder named as its class"
            return Place(label=None, fault=told)
        return Place(label=label)

    def missing(self) -> Iterator[tuple[str, str]]:
        return iter(())


def class_of(key: str, prefix: str) -> str | None:
    """The first folder below the prefix; None for a file that lies in none.

    Letters are composed (Unicode NFC): macOS writes them decomposed, and one class must not
    become two that look the same.
    """
    folder, slash, _ = key.removeprefix(prefix).lstrip("/").partition("/")
    return unicodedata.normalize("NFC", folder) if slash else None


class CubLayout:
    """CUB-200-2011, https://www.vision.caltech.edu/datasets/cub_200_2011/: text files that list
    pictures below ``images/``, their classes, boxes, and which of them are for training.

    What lies elsewhere (parts, attributes, the text files) is passed over.

    Args:
        objects: of the upload, to find the text files by.
        read: reads one of them.
        database: where the lists are kept, as the table `annotations`.

    Raises:
        RefusedError: a text file is missing or damaged; all faults at once.
    """

    IMAGES, CLASSES, LABELS, SPLIT, BOXES = FILES = (
        "images.txt",
        "classes.txt",
        "image_class_labels.txt",
        "train_test_split.txt",
        "bounding_boxes.txt",
    )

    def __init__(
        self,
        objects: Iterator[ManifestObject],
        read: ReadObject,
        database: sqlite3.Connection,
        *,
        crop: bool,
    ) -> None:
        self._database = database
        self._crop = crop
        self._faults: list[str] = []
        found = self._text_files(objects, needs_boxes=crop)
        self._root = found[self.IMAGES].key.removesuffix(self.IMAGES)
        self._fill(found, read)
        if self._faults:
            raise _refused(self._faults)

    def place(self, key: str) -> Place | None:
        name = key.removeprefix(self._root)
        if not key.startswith(self._root) or not name.startswith("images/"):
            return None
        row = self._database.execute(
            "UPDATE annotations SET there = 1 WHERE path = ?"
            " RETURNING label, in_training, x, y, width, height",
            (name.removeprefix("images/"),),
        ).fetchone()
        if row is None:
            return Place(label=None, fault=f"is not listed in {self._root}{self.IMAGES}")
        label, in_training, *corners = row
        box = Box(*corners) if self._crop and corners[0] is not None else None
        return Place(label=label, box=box, in_test=not in_training)

    def missing(self) -> Iterator[tuple[str, str]]:
        rows = self._database.execute("SELECT path, label FROM annotations WHERE there = 0")
        for path, label in rows.fetchall():
            yield f"{self._root}images/{path}", label

    def _text_files(
        self, objects: Iterator[ManifestObject], *, needs_boxes: bool
    ) -> dict[str, ManifestObject]:
        candidates = [item for item in objects if item.key.rsplit("/", 1)[-1] in self.FILES]
        roots = [
            item.key.removesuffix(self.IMAGES)
            for item in candidates
            if item.key.rsplit("/", 1)[-1] == self.IMAGES
        ]
        if len(roots) != 1:
            where = f", found it in {', '.join(roots)}" if roots else ""
            raise _refused([f"expected one {self.IMAGES}{where}"])
        found = {
            item.key.removeprefix(roots[0]): item
            for item in candidates
            if item.key.startswith(roots[0])
        }
        needed = [name for name in self.FILES if needs_boxes or name != self.BOXES]
        missing = [f"{roots[0]}{name}: is missing" for name in needed if name not in found]
        if missing:
            raise _refused(missing)
        return found

    def _fill(self, found: dict[str, ManifestObject], read: ReadObject) -> None:
        database = self._database
        database.executescript(
            "CREATE TABLE annotations (id TEXT PRIMARY KEY, path TEXT UNIQUE, label TEXT,"
            " in_training INTEGER, x REAL, y REAL, width REAL, height REAL,"
            " there INTEGER DEFAULT 0);"
            "CREATE TABLE names (id TEXT PRIMARY KEY, name TEXT);"
        )
        self._insert("INSERT INTO annotations (id, path) VALUES (?, ?)", found, self.IMAGES, read)
        self._insert("INSERT INTO names VALUES (?, ?)", found, self.CLASSES, read)
        self._insert(
            "UPDATE annotations SET label = (SELECT name FROM names WHERE names.id = ?2)"
            " WHERE id = ?1",
            *(found, self.LABELS, read),
        )
        self._insert(
            "UPDATE annotations SET in_training = CASE ?2 WHEN '1' THEN 1 WHEN '0' THEN 0 END"
            " WHERE id = ?1",
            *(found, self.SPLIT, read),
        )
        if self._crop:
            self._insert(
                "UPDATE annotations SET x = CAST(?2 AS REAL), y = CAST(?3 AS REAL),"
                " width = CAST(?4 AS REAL), height = CAST(?5 AS REAL) WHERE id = ?1",
                *(found, self.BOXES, read),
            )
        for column, file in (("label", self.LABELS), ("in_training", self.SPLIT)):
            rows = database.execute(
                f"SELECT id FROM annotations WHERE {column} IS NULL LIMIT 3"  # noqa: S608
            ).fetchall()
            self._faults += [
                f"{self._root}{file}: says nothing of picture {one}" for (one,) in rows
            ]

    def _insert(
        self, statement: str, found: dict[str, ManifestObject], name: str, read: ReadObject
    ) -> None:
        columns = 5 if name == self.BOXES else 2
        where = f"{self._root}{name}"
        text = read(found[name]).decode("utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            words = line.split(maxsplit=columns - 1)
            if len(words) != columns:
                fault = f"{where}:{number}: expected {columns} words, got {line[:80]!r}"
                self._faults.append(fault)
                continue
            try:
                if name == self.BOXES:
                    list(map(float, words[1:]))
                self._database.execute(statement, [word.strip() for word in words])
            except (sqlite3.IntegrityError, ValueError) as error:
                self._faults.append(f"{where}:{number}: {error}")


def _refused(faults: list[str]) -> RefusedError:
    return RefusedError(f"the upload is not laid out as {CUB}:", faults)
