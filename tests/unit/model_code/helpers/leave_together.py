"""One of two processes, of which the first needs longer: fails where it leaves before that one."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from shared.environment import TrainingEnvironment
from shared.pytorch.processes import joined


def main(done: Path) -> None:
    """The first process writes `done` at its end."""
    with joined(TrainingEnvironment.from_variables()) as together:
        if together.is_first:
            time.sleep(1)
            done.touch()
    if not done.exists():
        sys.exit("left before the first process")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
