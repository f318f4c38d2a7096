"""Cuts an input file into what one request carries."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

from local_cloud.sagemaker.runner.objects import DataError

MEBIBYTE = 1024 * 1024


class PayloadTooLargeError(DataError):
    """A record, or a file that is not split, is larger than a request may be."""


def batches(
    path: Path, *, gzipped: bool, by_line: bool, one_request: bool, single: bool, most_bytes: int
) -> Iterator[list[bytes]]:
    """The records of each request, in the file's order, with bounded memory.

    ``by_line``: a line is a record (lines without content are none), else the file is;
    ``one_request``: the whole file in one; ``single``: one record a request, else as many as
    ``most_bytes`` (0: no limit) allow. Raises DataError.
    """
    try:
        with _opened(path, gzipped) as file:
            if not by_line:
                yield from _whole(file, most_bytes)
            elif single and not one_request:
                yield from ([line] for line in _lines(file, most_bytes))
            else:
                yield from _packed(_lines(file, most_bytes), most_bytes, one_request)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"CompressionType is Gzip and the object is not: {error}") from error


def _opened(path: Path, gzipped: bool) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if gzipped else path.open("rb")


def _whole(file: IO[bytes], most_bytes: int) -> Iterator[list[bytes]]:
    content = file.read(most_bytes + 1 if most_bytes else -1)
    if most_bytes and len(content) > most_bytes:
        raise _too_large("The object", most_bytes, "SplitType Line cuts it into records")
    if content:
        yield [content]


def _lines(file: IO[bytes], most_bytes: int) -> Iterator[bytes]:
    while line := file.readline(most_bytes + 2 if most_bytes else -1):
        record = line.rstrip(b"\r\n")
        if most_bytes and len(record) > most_bytes:
            raise _too_large("A record", most_bytes, "a record cannot be split")
        if record.strip():
            yield record


def _packed(lines: Iterable[bytes], most_bytes: int, one_request: bool) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and most_bytes and size + 1 + len(line) > most_bytes:
            if one_request:
                raise _too_large("The object", most_bytes, "SplitType Line cuts it into records")
            yield batch
            batch, size = [], 0
        size += len(line) + (1 if batch else 0)
        batch.append(line)
    if batch:
        yield batch


def _too_large(what: str, most_bytes: int, hint: str) -> PayloadTooLargeError:
    return PayloadTooLargeError(
        f"Too much data for max payload size. {what} is larger than MaxPayloadInMB "
        f"({most_bytes // MEBIBYTE}): raise it (up to 100), or make the input smaller; {hint}"
    )
