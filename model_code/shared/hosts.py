"""The hosts of a processing job, and which of them takes care of which object."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from shared.environment import ML
from shared.faults import RefusedError

RESOURCE_CONFIG = f"{ML}/config/resourceconfig.json"


@dataclass(frozen=True)
class Hosts:
    """Names of all hosts of the job, the same list on each, and which of them this one is."""

    current: str = "algo-1"
    names: tuple[str, ...] = ("algo-1",)

    @classmethod
    def read(cls, path: Path) -> Hosts:
        """From resourceconfig.json; outside a job, where there is none, this host is alone.

        Raises:
            RefusedError: the file is damaged.
        """
        if not path.is_file():
            return cls()
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            names = sorted(map(str, told["hosts"]), key=lambda name: (len(name), name))
            return cls(names[names.index(str(told["current_host"]))], tuple(names))
        except (ValueError, KeyError, TypeError) as error:
            fault = f"{path}: {error!r}; expected current_host, and hosts with it among them"
            raise RefusedError("the job's hosts are not known:", [fault]) from error

    @property
    def rank(self) -> int:
        """0 for the first host, which writes what one host alone must write."""
        return self.names.index(self.current)

    @property
    def alone(self) -> bool:
        """Whether there is no other host."""
        return len(self.names) == 1

    @property
    def others(self) -> tuple[str, ...]:
        """All but this one."""
        return tuple(name for name in self.names if name != self.current)

    @property
    def in_file_names(self) -> str:
        """What keeps this host's files apart from those of others; empty where it is alone."""
        return "" if self.alone else self.current

    def owns(self, key: str) -> bool:
        """Whether this host takes care of an object: by a stable hash of its key."""
        digest = hashlib.sha256(key.encode()).digest()
        return int.from_bytes(digest[:8]) % len(self.names) == self.rank
