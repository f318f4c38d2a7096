"""Every test, in two processes side by side: flows, templates and clients, and all others.

    python scripts/run_tests.py [arguments of pytest]

Flows mostly wait; with templates and clients they take about as long as the others. The others'
output is shown as it comes, that of the flows' process when it is done. Answers with 0 where both
passed; a process whose tests the arguments leave out counts as passed. What takes longer is left
out: `make test-long`, `make test-deployment` and `make test-durability` run it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import IO

PASSED, INTERRUPTED, NOTHING_COLLECTED = 0, 2, 5
BESIDE = "flow or synth or client"
ELSEWHERE = "not long and not deployment_drill and not durability_drill"


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as shown_later:
        flows = start(f"({BESIDE}) and {ELSEWHERE}", arguments, output=shown_later)
        others = start(f"not ({BESIDE}) and {ELSEWHERE}", arguments)
        try:
            statuses = [others.wait()]
            print(
                "== pytest, flows, templates and clients (they began with the others)", flush=True
            )
            statuses.append(flows.wait())
        except KeyboardInterrupt:
            # Both got the signal as well, and take their local clouds down.
            for process in (others, flows):
                process.wait()
            return INTERRUPTED
        finally:
            shown_later.seek(0)
            sys.stdout.write(shown_later.read())
            sys.stdout.flush()
    return next(
        (status for status in statuses if status not in (PASSED, NOTHING_COLLECTED)), PASSED
    )


def start(
    marks: str, arguments: list[str], output: IO[str] | None = None
) -> subprocess.Popen[bytes]:
    """pytest over the tests whose marks are as the expression says."""
    command = [sys.executable, "-m", "pytest", "-m", marks, *arguments]
    return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT if output else None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
