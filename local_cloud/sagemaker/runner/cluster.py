"""Runs all hosts of a job side by side: the first that fails ends the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local_cloud.sagemaker.runner.hosts import Host
from local_cloud.sagemaker.runner.process import Outcome

RunHost = Callable[[Host, Callable[[], bool]], Outcome]
"""Blocks until the host has ended; the second argument says whether it is to end."""


@dataclass(frozen=True)
class Ending:
    """How the job ended, and which host says so."""

    host: Host
    outcome: Outcome

    @property
    def failed(self) -> bool:
        return self.outcome.why == "exited" and self.outcome.exit_code != 0


def run(hosts: Sequence[Host], run_host: RunHost, *, stop_wanted: Callable[[], bool]) -> Ending:
    """Blocks until every host has ended. Raises what the first ``run_host`` raised."""
    failures: list[Ending] = []
    ended = threading.Event()

    def to_end() -> bool:
        return ended.is_set() or stop_wanted()

    def work(host: Host) -> Ending:
        try:
            ending = Ending(host, run_host(host, to_end))
        except BaseException:
            ended.set()
            raise
        # A host that lost its peers to a stop has not failed.
        if ending.failed and not to_end():
            failures.append(ending)
            ended.set()
        return ending

    with ThreadPoolExecutor(len(hosts)) as pool:
        endings = list(pool.map(work, hosts))
    return _together(endings, failures)


def _together(endings: Sequence[Ending], failures: Sequence[Ending]) -> Ending:
    for why in ("shut down", "timed out"):
        for ending in endings:
            if ending.outcome.why == why:
                return ending
    if failures:
        return failures[0]
    stopped = [ending for ending in endings if ending.outcome.why == "stopped"]
    return [*stopped, *endings][0]
