"""A local cloud at work, killed at any moment, started again, and looked through.

DURABILITY_KILLS says how often (30), DURABILITY_SEED which moments (0).
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import statistics
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from local_cloud import process
from local_cloud.settings import LocalCloudSettings
from tests.durability_drill import changes, checks, jobs
from tests.durability_drill.ledger import Clients, Ledger
from tests.durability_drill.workplace import set_up
from tests.local_cloud_fixture import RunningCloud

pytestmark = pytest.mark.durability_drill

KILLS = int(os.environ.get("DURABILITY_KILLS", "30"))
SEED = int(os.environ.get("DURABILITY_SEED", "0"))
LASTING = (
    jobs.train,
    jobs.process,
    jobs.transform,
    jobs.tune,
    jobs.execute,
)
WORK = (
    *LASTING,
    jobs.train,
    changes.update,
    changes.put,
    changes.register,
    changes.remember,
    changes.queue,
)
MOST_DONE = 8
"""Jobs that may come to their end before a kill: any number up to this."""
MOST_SECONDS = 90.0
BETWEEN_SECONDS = 2.0
"""After the last of them the kill comes within this time."""
START_KILLED = 0.2
"""The share of starts that are killed, too."""


class Drill:
    """One state folder, and what must be so in it."""

    def __init__(self, folder: Path) -> None:
        self.settings = LocalCloudSettings(state_dir=folder)
        self.ledger = Ledger()
        self.chance = random.Random(SEED)
        self.figures: Counter[str] = Counter()
        self.start_seconds: list[float] = []
        self.role = ""

    def start(self) -> Clients:
        started = time.monotonic()
        self.settings = process.start(self.settings, any_port=True)
        self.start_seconds.append(time.monotonic() - started)
        return Clients(RunningCloud(self.settings))

    def killed_start(self) -> None:
        """Begin a start and kill it somewhere on its way."""
        with ThreadPoolExecutor(1) as pool:
            starting = pool.submit(process.start, self.settings, any_port=True)
            moment = time.monotonic() + self.chance.uniform(0.2, 3.0)
            while time.monotonic() < moment and not starting.done():
                time.sleep(0.02)
            self.kill()
            error = starting.exception()
        assert error is None or isinstance(error, process.LocalCloudError), error
        self.figures["starts killed"] += 1

    def kill(self) -> list[psutil.Process]:
        """SIGKILL of the server alone; answers what it had started."""
        process_id = process.pid(self.settings.state_dir)
        if process_id is None:
            return []
        server = psutil.Process(process_id)
        started: list[psutil.Process] = server.children(recursive=True)
        os.kill(process_id, signal.SIGKILL)
        server.wait(timeout=10)
        return started

    def work_until_killed(self, clients: Clients, kill_number: int) -> list[psutil.Process]:
        """All kinds of work at once; answers what the killed server had started."""
        over = threading.Event()
        with ThreadPoolExecutor(len(WORK)) as pool:
            working = [
                pool.submit(self._work, clients, work, f"k{kill_number}-w{number}", over)
                for number, work in enumerate(WORK)
            ]
            try:
                self._let_it_work()
                failed = [one for one in working if one.done()]
            finally:
                # Whoever ends the drill ends its work, too.
                over.set()
                started = self.kill()
        for one in [*failed, *working]:
            one.result()
        return started

    def _let_it_work(self) -> None:
        """Until so much is done, on a fast machine and on a slow one."""
        wanted = self._ends() + self.chance.randrange(MOST_DONE + 1)
        deadline = time.monotonic() + MOST_SECONDS
        while self._ends() < wanted and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(self.chance.uniform(0.0, BETWEEN_SECONDS))

    def _ends(self) -> int:
        return sum(self.figures[f"{work.__name__} done"] for work in LASTING)

    def _work(self, clients: Clients, work: jobs.Work, name: str, over: threading.Event) -> None:
        chance = random.Random(f"{SEED} {name}")
        for number in itertools.count():
            try:
                work(clients, self.ledger, chance, self.role, f"{name}-{number}")
                self.figures[f"{work.__name__} done"] += 1
            except (BotoCoreError, ClientError):
                if not over.is_set():
                    raise
                return
            if over.is_set():
                return

    def look(self, clients: Clients, started: list[psutil.Process]) -> list[str]:
        """What is wrong after a kill and a start."""
        self.figures["kills"] += 1
        self.figures["jobs that ran at a kill"] += len(self.ledger.jobs)
        faults = [
            *checks.jobs_that_ran(clients, self.ledger),
            *checks.endpoints(clients),
            *checks.facts(clients, self.ledger),
            *checks.messages(clients, self.ledger),
            *checks.completed_models(clients),
            *checks.lists(clients),
            *checks.processes_gone(started),
            *checks.leftovers(self.settings),
        ]
        self.figures["facts looked at"] += len(self.ledger.facts)
        return faults

    def tell(self, faults: list[str]) -> None:
        kills = self.figures.pop("kills")
        print(f"\n{kills} kills of a server at work, seed {SEED}: {len(faults)} faults")
        for what, count in sorted(self.figures.items()):
            print(f"    {what:<28} {count}")
        middle, longest = statistics.median(self.start_seconds), max(self.start_seconds)
        print(f"    a start takes {middle:.1f} s, the longest {longest:.1f} s")


def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    drill = Drill(tmp_path / "cloud")
    faults: list[str] = []
    clients = drill.start()
    try:
        drill.role = set_up(RunningCloud(drill.settings), clients)
        for number in range(KILLS):
            started = drill.work_until_killed(clients, number)
            found = checks.state_on_disk(drill.settings)
            if drill.chance.random() < START_KILLED:
                drill.killed_start()
            clients = drill.start()
            found += drill.look(clients, started)
            faults += [f"kill {number}: {fault}" for fault in found]
            print(
                f"kill {number}: {len(drill.ledger.facts)} facts, {found or 'all so'}", flush=True
            )
    finally:
        process.stop(drill.settings)
        drill.tell(faults)
    assert not faults, "\n".join(faults)
