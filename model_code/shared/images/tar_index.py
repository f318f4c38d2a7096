"""Where each picture of a split lies in its tar files, so that any one is read by itself."""

from __future__ import annotations

import json
import tarfile
from array import array
from dataclasses import dataclass, field
from pathlib import Path

from shared.faults import RefusedError
from shared.images.shards import TAR, shard_files


@dataclass(frozen=True, kw_only=True)
class TarIndex:
    """Pictures by number, in the order of files and members: 20 bytes each.

    Attributes:
        labels: of the pictures, by number.
    """

    files: tuple[Path, ...]
    labels: array[int]
    _file_of: array[int] = field(repr=False)
    _offsets: array[int] = field(repr=False)
    _sizes: array[int] = field(repr=False)

    @classmethod
    def of(cls, folder: Path) -> TarIndex:
        """Pass over the files of a folder once; of the pictures, only their places are read.

        Raises:
            RefusedError: there are no files, or one is damaged.
        """
        files = tuple(shard_files(folder, TAR))
        file_of, offsets, sizes, labels = array("i"), array("q"), array("i"), array("i")
        for number, file in enumerate(files):
            for offset, size, label in _places(file):
                file_of.append(number)
                offsets.append(offset)
                sizes.append(size)
                labels.append(label)
        return cls(files=files, labels=labels, _file_of=file_of, _offsets=offsets, _sizes=sizes)

    def __len__(self) -> int:
        return len(self.labels)

    def read(self, number: int) -> bytes:
        """The encoded picture of a number."""
        # A file handle of its own for each, so that processes that share memory share no place.
        with self.files[self._file_of[number]].open("rb") as opened:
            opened.seek(self._offsets[number])
            return opened.read(self._sizes[number])

    def place(self, number: int) -> str:
        """Where a picture is, for people."""
        return f"{self.files[self._file_of[number]]}, picture at byte {self._offsets[number]}"


def _places(file: Path) -> list[tuple[int, int, int]]:
    """Offset, size and label of each picture of a file."""
    found = []
    try:
        with tarfile.open(file, "r:") as tar:
            picture: tarfile.TarInfo | None = None
            while member := tar.next():
                # It would remember every member that it has passed.
                tar.members.clear()  # type: ignore[attr-defined]
                if not member.name.endswith(".json"):
                    picture = member
                    continue
                content = tar.extractfile(member)
                if picture is None or content is None:
                    raise ValueError(f"{member.name} comes without its picture before it")
                found.append((picture.offset_data, picture.size, int(json.load(content)["label"])))
                picture = None
            _check_end(file, tar.offset)
        if picture is not None:
            raise ValueError(f"{picture.name} comes without its label after it")
    except (tarfile.TarError, OSError, ValueError, KeyError, TypeError) as error:
        fault = f"{file}: {error}; expected a tar file as shared.images.prepare writes it"
        raise RefusedError("data is damaged:", [fault]) from error
    return found


def _check_end(file: Path, offset: int) -> None:
    """`tarfile` takes a damaged header for the end. Raises ValueError."""
    with file.open("rb") as opened:
        opened.seek(offset)
        if opened.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise ValueError(f"it is cut off or damaged at byte {offset}")
