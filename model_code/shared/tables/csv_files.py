"""Reads CSV files line by line: plain or gzip, with or without byte order mark and header."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from contracts.table_schema import TableSchema

_GZIP = b"\x1f\x8b"
_OTHER_FORMATS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"PAR1": "a Parquet file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"%PDF": "a PDF",
}
_HEAD = 4
FIELD_LIMIT = 1 << 17
"""Characters of a field: an open quote must not swallow a file of gigabytes into memory."""

Line = tuple[int, list[str]]


class NotCsvError(Exception):
    """A file that as a whole cannot be read; the text is the reason, for people."""


@contextmanager
def lines(path: Path, schema: TableSchema) -> Iterator[Iterator[Line]]:
    """Number (from 1) and fields of each line below the header; blank lines are left out.

    A field in quotes may go over several lines; the number is that of the first. While they are
    read, and on entering, NotCsvError is raised where the file is none.
    """
    with path.open("rb") as raw, _text(raw) as text:
        yield _lines(text, schema)


@contextmanager
def _text(raw: BinaryIO) -> Iterator[TextIO]:
    head = raw.read(_HEAD)
    raw.seek(0)
    if not head:
        raise NotCsvError("the file is empty")
    for start, name in _OTHER_FORMATS.items():
        if head.startswith(start):
            raise NotCsvError(f"{name}; expected CSV in UTF-8, plain or gzip")
    plain = gzip.GzipFile(fileobj=raw) if head.startswith(_GZIP) else raw
    # utf-8-sig: Excel writes a byte order mark. newline="": the csv module splits the lines.
    yield io.TextIOWrapper(plain, encoding="utf-8-sig", newline="")


def _lines(text: TextIO, schema: TableSchema) -> Iterator[Line]:
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(text, delimiter=schema.delimiter, strict=True)
    number = 1
    header = schema.header
    try:
        for fields in reader:
            if any("\0" in field for field in fields):
                raise NotCsvError(f"line {number} holds NUL bytes; expected CSV in UTF-8")
            if header and fields:
                _check_header(fields, schema)
                header = False
            elif fields:
                yield number, fields
            number = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise NotCsvError(f"not UTF-8 after line {number}: {error}") from error
    except csv.Error as error:
        raise NotCsvError(f"not CSV after line {number}: {error}") from error
    except (EOFError, OSError, zlib.error) as error:
        raise NotCsvError(f"a damaged gzip file after line {number}: {error}") from error
    if header:
        raise NotCsvError("there is no header line")


def _check_header(fields: Sequence[str], schema: TableSchema) -> None:
    found = [field.strip() for field in fields]
    wanted = [column.name for column in schema.columns]
    if found == wanted:
        return
    if sorted(found) == sorted(wanted):
        told = "its columns are in another order"
    else:
        missing = [name for name in wanted if name not in found]
        unknown = [name for name in found if name not in wanted]
        told = "; ".join(
            f"{what}: {', '.join(map(repr, names))}"
            for what, names in (("missing", missing), ("unknown", unknown))
            if names
        )
        told = told or "a column is there twice"
    separator = repr(schema.delimiter)
    raise NotCsvError(
        f"its header does not fit the schema ({told}); expected, separated by {separator}: "
        f"{schema.delimiter.join(wanted)}"
    )
