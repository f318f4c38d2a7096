"""The main job: one workload, or all of an environment's one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from contracts.predictions import PredictionsError
from contracts.samples import SamplesError
from demo.catalog import CATALOG
from demo.clock import StageClock
from demo.configuration import check_workload, workloads_of
from demo.deploy import git_commit
from demo.environment import ENVIRONMENT, Environment, deploy_environment, start_cloud
from demo.errors import DemoError
from demo.narrator import Narrator
from demo.one_workload import show_workload
from demo.outcome import Outcome, print_outcomes, save_outcomes
from local_cloud.settings import LocalCloudSettings

FAULTS = (DemoError, BotoCoreError, ClientError, PredictionsError, SamplesError)
"""What ends a workload's demo with a sentence, and lets the next one begin."""


@dataclass(frozen=True, kw_only=True)
class MainJob:
    """One run of the demo.

    ``folder`` takes what the demo writes itself (logs, pages); the local cloud keeps its state
    in ``settings.state_dir``.
    """

    settings: LocalCloudSettings
    folder: Path
    narrator: Narrator

    def one(self, workload: str, data: Path | None = None) -> None:
        """One workload; with ``data``, a folder of the user's own is uploaded. Raises DemoError."""
        check_workload(workload, ENVIRONMENT)
        clock = StageClock()
        environment = self._environment([workload], clock)
        show_workload(workload, environment, narrator=self.narrator, clock=clock, data=data)

    def all(self) -> bool:
        """Every workload that the demo has data for, told of in a table at the end.

        Answers whether all of them passed.
        """
        listed = workloads_of(ENVIRONMENT)
        workloads = [workload for workload in listed if workload in CATALOG]
        environment = self._environment(workloads, StageClock())
        outcomes = []
        for number, workload in enumerate(workloads, start=1):
            self.narrator.restart()
            self.narrator.title(f"{workload} ({number} of {len(workloads)})")
            outcomes.append(self._attempt(workload, environment))
        print_outcomes(self.narrator.console, outcomes)
        table = self.folder / "all-workloads.md"
        save_outcomes(table, outcomes)
        for workload in (each for each in listed if each not in CATALOG):
            self.narrator.say(
                f"{workload} was left out: the demo has no data for it; "
                f"make demo WORKLOAD={workload} DEMO_ARGS='--data FOLDER' runs it"
            )
        self.narrator.say(f"this table: {table}; pages: {self.folder}/<workload>/evaluation.html")
        return not any(outcome.fault for outcome in outcomes)

    def _attempt(self, workload: str, environment: Environment) -> Outcome:
        clock = StageClock()
        try:
            return show_workload(workload, environment, narrator=self.narrator, clock=clock)
        except FAULTS as error:
            self.narrator.say(f"{workload} failed: {error}")
            return Outcome(workload=workload, seconds=clock.total, fault=str(error))

    def _environment(self, workloads: list[str], clock: StageClock) -> Environment:
        cloud = start_cloud(self.settings, self.narrator, clock)
        return deploy_environment(
            cloud,
            workloads,
            folder=self.folder,
            narrator=self.narrator,
            clock=clock,
            git_commit=git_commit(),
        )
