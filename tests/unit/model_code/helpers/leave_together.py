"""One of two processes: the first needs longer, the second says whether it left before it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from shared.environment import TrainingEnvironment
from shared.pytorch.processes import joined


def main(done: Path) -> None:
    """Prints whether `done`, which the first process writes at its end, is there on leaving."""
    with joined(TrainingEnvironment.from_variables()) as together:
        if together.is_first:
            time.sleep(1)
            done.touch()
    print(done.exists())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
