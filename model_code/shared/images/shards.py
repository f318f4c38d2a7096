"""Files of encoded pictures, which preparation writes and training and evaluation read.

Two formats, each read by what its framework has anyway:

    tfrecord  part-00000-of-0000N.tfrecord, see the module `records`
    tar       part-00000-of-0000N.tar in WebDataset's form: for each picture <n>.png or <n>.jpg
              and <n>.json {"label": int, "key": str}; the standard library reads them

Where several hosts write one split, each puts its name after ``part-``.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from shared.faults import RefusedError

TFRECORD, TAR = FORMATS = ("tfrecord", "tar")
PICTURES_PER_SHARD = 256
MOST_SHARDS = 64
_PNG = b"\x89PNG"


class Record(NamedTuple):
    """One picture of a split.

    Attributes:
        encoded: PNG or JPEG.
        label: index into classes.json.
        key: of the object that it came from.
    """

    encoded: bytes
    label: int
    key: str


def suffix_of(encoded: bytes) -> str:
    """The ending of the name of a file with such a content."""
    return ".png" if encoded.startswith(_PNG) else ".jpg"


def shard_count(pictures: int) -> int:
    """Enough files to read in parallel, and not so many that each is tiny."""
    return min(MOST_SHARDS, max(1, -(-pictures // PICTURES_PER_SHARD)))


def shard_names(count: int, *, form: str, host: str = "") -> list[str]:
    """Names of the files of one host; `host` is empty where there is one alone."""
    owner = f"{host}-" if host else ""
    return [f"part-{owner}{number:05d}-of-{count:05d}.{form}" for number in range(count)]


def write_shards(
    folder: Path, records: Iterable[Record], count: int, *, form: str, host: str = ""
) -> None:
    """Write `count` records, dealt in turn to the files that `shard_names` names.

    Raises:
        KeyError: no such format.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = shard_names(shard_count(count), form=form, host=host)
    with ExitStack() as stack:
        writers = [_writer(stack, folder / name, form) for name in names]
        for number, record in enumerate(records):
            writers[number % len(writers)](number, record)


def shard_files(folder: Path, form: str | None = None) -> list[Path]:
    """The files with records in a folder, sorted; only those of one format where it is given.

    Raises:
        RefusedError: there are none, or of both formats.
    """
    wanted = (form,) if form else FORMATS
    found = {one: sorted(folder.glob(f"*.{one}")) for one in wanted}
    kinds = [one for one in wanted if found[one]]
    endings = " or ".join(f"*.{one}" for one in wanted)
    if not kinds:
        there = sorted(path.name for path in folder.iterdir())[:5] if folder.is_dir() else []
        holds = f"it holds {', '.join(there)}" if there else "it is empty or missing"
        fault = f"{folder}: no file {endings}, {holds}; expected what shared.images.prepare writes"
        raise RefusedError("data is missing:", [fault])
    if len(kinds) > 1:
        fault = f"{folder}: holds files {endings}; keep those of one run of shared.images.prepare"
        raise RefusedError("data is of two formats:", [fault])
    return found[kinds[0]]


def read_shards(folder: Path) -> Iterator[Record]:
    """The records in a folder, file by file. TensorFlow is imported for TFRecords alone.

    Raises:
        RefusedError: there are no files, or one is damaged.
    """
    files = shard_files(folder)
    if files[0].suffix == f".{TAR}":
        for file in files:
            yield from read_tar(file)
    else:
        from shared.images import records as tfrecords

        yield from tfrecords.read(files)


def read_tar(file: Path) -> Iterator[Record]:
    """The records of one tar file, in its order. Raises RefusedError where it is damaged."""
    try:
        with tarfile.open(file, "r:") as tar:
            encoded: bytes | None = None
            while member := tar.next():
                # It would remember every member that it has passed.
                tar.members.clear()  # type: ignore[attr-defined]
                content = tar.extractfile(member)
                if content is None:
                    continue
                if not member.name.endswith(".json"):
                    encoded = content.read()
                    continue
                if encoded is None:
                    raise ValueError(f"{member.name} comes without its picture before it")
                described = json.load(content)
                yield Record(encoded, int(described["label"]), str(described["key"]))
                encoded = None
    except (tarfile.TarError, OSError, ValueError, KeyError, TypeError) as error:
        fault = f"{file}: {error}; expected a tar file as shared.images.prepare writes it"
        raise RefusedError("data is damaged:", [fault]) from error


_Write = Callable[[int, Record], None]


def _writer(stack: ExitStack, path: Path, form: str) -> _Write:
    return {TFRECORD: _tfrecord_writer, TAR: _tar_writer}[form](stack, path)


def _tfrecord_writer(stack: ExitStack, path: Path) -> _Write:
    # TensorFlow takes seconds to import, and tar files do without it.
    from shared.images import records

    writer = stack.enter_context(records.writer(path))
    return lambda _, record: writer.write(records.serialized(record))


def _tar_writer(stack: ExitStack, path: Path) -> _Write:
    opened = tarfile.open(path, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - by the stack
    tar = stack.enter_context(opened)

    def write(number: int, record: Record) -> None:
        described = json.dumps({"label": record.label, "key": record.key}, ensure_ascii=False)
        for suffix, content in (
            (suffix_of(record.encoded), record.encoded),
            (".json", described.encode()),
        ):
            # Neither time nor owner: the same records give the same bytes.
            member = tarfile.TarInfo(f"{number:08d}{suffix}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
            # It would remember every member until it is closed.
            tar.members.clear()  # type: ignore[attr-defined]

    return write
