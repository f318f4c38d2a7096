"""The hosts of a prepare step give each other their good rows, and what they found beside."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from shared.exchange import Exchange
from shared.hosts import Hosts
from shared.tables.found import Found, together
from shared.tables.row_index import RowIndex
from shared.tables.rows import Row


def meet(
    index: RowIndex, own: Found, hosts: Hosts, exchange: Exchange, round_name: str, folder: Path
) -> Found:
    """Afterwards each host's index holds the rows of all; answers what all found together.

    Args:
        folder: for the files that come and go.
    """
    sent = folder / "own.jsonl.gz"
    with gzip.open(sent, "wt", encoding="utf-8", compresslevel=1) as stream:
        stream.write(json.dumps(asdict(own)) + "\n")
        for file, line, row in index.added():
            told = (file, line, row.label, row.features, row.mark.hex())
            stream.write(json.dumps(told) + "\n")
    found = {hosts.current: own}
    for host, path in exchange.share(round_name, sent, folder / "others").items():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            document = json.loads(next(lines))
            found[host] = Found(**{**document, **_tuples(document)})
            index.add(_rows(lines))
        path.unlink()
    return together([found[host] for host in hosts.names])


def _tuples(document: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(document[name]) for name in ("examples", "bad_files")}


def _rows(lines: Iterator[str]) -> Iterator[tuple[int, int, Row]]:
    for line in lines:
        file, number, label, features, mark = json.loads(line)
        yield file, number, Row(label=label, features=features, mark=bytes.fromhex(mark))
