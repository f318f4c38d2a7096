"""The ledger: which inputs no run takes any more, and which run is not done yet.

One execution at a time writes it, since executions wait for each other. A run that is killed
stays open, and the next execution goes on with it: so each version of an input is answered once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from contracts import names
from contracts.batch_run import BatchInput
from lambdas.serving.store import is_there

Version = tuple[str, str]
"""Key and version id of an input."""


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Attributes:
    open_run: the run that is not done, if any.
    taken: versions that were answered or given up.
    """

    open_run: str | None
    taken: frozenset[Version]

    def opened(self, run: str, *, existing_keys: Iterable[str]) -> Ledger:
        """With a run that begins; what was taken of objects that are gone is forgotten."""
        existing = frozenset(existing_keys)
        kept = frozenset(version for version in self.taken if version[0] in existing)
        return Ledger(open_run=run, taken=kept)

    def closed(self, taken: Iterable[Version]) -> Ledger:
        """With the open run done, which took these."""
        return Ledger(open_run=None, taken=self.taken | frozenset(taken))

    def without(self, versions: Iterable[Version]) -> Ledger:
        """With these to be taken again."""
        return Ledger(open_run=self.open_run, taken=self.taken - frozenset(versions))

    def to_bytes(self) -> bytes:
        """JSON; the same for the same ledger."""
        document = {"open_run": self.open_run, "taken": sorted(map(list, self.taken))}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def read_ledger(s3: Any, *, bucket: str, workload: str) -> Ledger:
    """Empty where there is none yet. Raises ClientError."""
    key = names.batch_ledger_key(workload)
    if not is_there(s3, bucket=bucket, key=key):
        return Ledger(open_run=None, taken=frozenset())
    document = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return Ledger(
        open_run=document["open_run"],
        taken=frozenset((key, version) for key, version in document["taken"]),
    )


def write_ledger(s3: Any, ledger: Ledger, *, bucket: str, workload: str) -> None:
    """Raises ClientError."""
    s3.put_object(
        Bucket=bucket,
        Key=names.batch_ledger_key(workload),
        Body=ledger.to_bytes(),
        ContentType="application/json",
    )


def version_of(item: BatchInput) -> Version:
    """How the ledger knows an input."""
    return item.key, item.version_id
