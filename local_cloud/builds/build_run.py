"""Runs one build: its source, its buildspec's phases, its log, its record."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from local_cloud.builds import build_environment, buildspec, record, shell_script, source
from local_cloud.builds.buildspec import Buildspec, Phase
from local_cloud.builds.errors import BuildError
from local_cloud.builds.project import BuildPlan
from local_cloud.builds.record import Record
from local_cloud.builds.service import PRINCIPAL, BuildService
from local_cloud.builds.shell_script import Mark
from local_cloud.builds.workplace import Workplace
from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.runner import process
from local_cloud.sagemaker.runner.isolation import Command
from local_cloud.sagemaker.runner.job_log import JobLog

GRACE_SECONDS = 10.0
DEFAULT_SPEC = "buildspec.yml"


class StoppedError(Exception):
    """The build ends before its phases do: with this status."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class BuildRun:
    """``stop_wanted`` is set by StopBuild."""

    service: BuildService
    plan: BuildPlan
    record: Record
    stop_wanted: threading.Event = field(default_factory=threading.Event)

    @property
    def folder(self) -> Path:
        return self.service.settings.builds_dir / str(self.record["id"]).partition(":")[2]

    @property
    def _session_name(self) -> str:
        return f"AWSCodeBuild-{self.folder.name}"

    def run(self) -> None:
        """Blocks until the build's end, and keeps its record up to date."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            status = self._succeed_or_fail()
        except StoppedError as error:
            status = error.status
            record.end(self.record, status, code=status, message=str(error))
        except BuildError as error:
            status = "FAILED"
            code, _, _message = str(error).partition(": ")
            record.end(self.record, status, code=code, message=str(error))
        except Exception as error:
            record.end(self.record, "FAULT", code="INTERNAL_ERROR", message=f"{error!r}")
            record.finish(self.record, "FAULT")
            self._keep()
            raise
        finally:
            for name in ("src", "docker", "bin", "scratch"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
        record.finish(self.record, status)
        self._keep()

    def _succeed_or_fail(self) -> str:
        self._begin("PROVISIONING")
        try:
            credentials = self.service.credentials
            session = credentials.as_role(
                self.plan.role_arn, session_name=self._session_name, principal=PRINCIPAL
            )
            keys = credentials.environment(
                self.plan.role_arn, session_name=self._session_name, principal=PRINCIPAL
            )
        except ApiError as error:
            raise BuildError(
                "ACCESS_DENIED: CodeBuild is not authorized to perform: sts:AssumeRole on "
                f"{self.plan.role_arn}: {error.message}"
            ) from error
        logs = self.record["logs"]
        log = JobLog(
            self.folder / "build.log",
            session.client("logs"),
            group=logs["groupName"],
            stream=logs["streamName"],
        )
        with log:
            try:
                return self._with_log(log, session.client("s3"), keys)
            except (BuildError, StoppedError) as error:
                log.write(f"[Container] {error}")
                raise
            finally:
                credentials.revoke(keys)

    def _with_log(self, log: JobLog, s3: object, keys: dict[str, str]) -> str:
        self._begin("DOWNLOAD_SOURCE")
        src, scratch = self.folder / "src", self.folder / "scratch"
        for folder in (src, scratch):
            folder.mkdir(exist_ok=True)
        log.write(f"[local cloud] build {self.record['id']} runs as a process, without Docker")
        if self.plan.source_location:
            source.fetch(s3, self.plan.source_location, self.plan.source_version, src, scratch)
        spec = self._spec(src)
        for note in spec.notes:
            log.write(f"[local cloud] {note}")
        environment = build_environment.make(
            self.service.settings, self.plan, self.record, spec, keys, self._workplace()
        )
        failed = self._phases(log, spec, environment)
        self._begin("UPLOAD_ARTIFACTS")
        self._begin("FINALIZING")
        return "FAILED" if failed else "SUCCEEDED"

    def _spec(self, src: Path) -> Buildspec:
        given = self.plan.buildspec
        if "\n" in given or given.lstrip().startswith("{"):
            return buildspec.parse(given, where="the project's buildspec")
        name = given or DEFAULT_SPEC
        file = src / name
        if not file.resolve().is_relative_to(src.resolve()) or not file.is_file():
            raise BuildError(f"YAML_FILE_ERROR: {name}: no such file or directory in the source")
        return buildspec.parse(file.read_text(encoding="utf-8"), where=name)

    def _workplace(self) -> Workplace:
        settings = self.service.settings
        return Workplace(
            state_dir=str(settings.state_dir),
            account_id=settings.account_id,
            region=settings.region,
            folder=str(self.folder),
            privileged=self.plan.privileged,
        )

    def _phases(self, log: JobLog, spec: Buildspec, environment: dict[str, str]) -> bool:
        """Whether the build failed. Raises StoppedError."""
        secret = f"mark-{uuid.uuid4().hex}"
        commands = shell_script.commands_of(spec.phases)
        phases = _Phases(self, spec.phases, commands)
        script = self.folder / "scratch" / "phases.sh"
        script.write_text(shell_script.script(spec.phases, secret), encoding="utf-8")

        def on_line(line: str) -> None:
            mark = shell_script.mark_of(line, secret)
            if mark is None:
                log.write(line)
            else:
                log.write(phases.note(mark))

        outcome = process.run(
            Command(["bash", str(script)], environment),
            cwd=self.folder / "src",
            on_line=on_line,
            stop_wanted=self.stop_wanted.is_set,
            shutting_down=lambda: self.service.tasks.stopping,
            max_seconds=self.plan.timeout_minutes * 60,
            grace_seconds=GRACE_SECONDS,
        )
        if outcome.why == "stopped":
            raise StoppedError("STOPPED", "The build was stopped by StopBuild")
        if outcome.why == "timed out":
            minutes = self.plan.timeout_minutes
            raise StoppedError("TIMED_OUT", f"Build exceeded its timeout of {minutes} minutes")
        if outcome.why == "shut down":
            raise StoppedError("FAILED", "The local cloud was stopped while the build ran")
        phases.close(outcome.exit_code)
        return outcome.exit_code != 0

    def _begin(self, phase: str) -> None:
        if self.stop_wanted.is_set():
            raise StoppedError("STOPPED", "The build was stopped by StopBuild")
        record.begin(self.record, phase)
        self._keep()

    def _keep(self) -> None:
        # A local cloud that stops may not take it any more; the next one calls the build FAULT.
        with contextlib.suppress(RuntimeError):
            self.service.records.keep(self.record)

    def phase(self, name: str) -> None:
        """A phase of the buildspec begins."""
        record.begin(self.record, name)
        self._keep()

    def end_phase(self, status: str, message: str) -> None:
        """A phase of the buildspec ends."""
        code = "COMMAND_EXECUTION_ERROR" if message else ""
        record.end(self.record, status, code=code, message=message)
        self._keep()


@dataclass
class _Phases:
    """Follows the marks of the buildspec's program."""

    run: BuildRun
    phases: tuple[Phase, ...]
    commands: list[str]
    _open: str = ""
    _failure: str = ""

    def note(self, mark: Mark) -> str:
        """Answers the line for the log."""
        if mark.event == "begin":
            self._open = mark.phase
            self.run.phase(mark.phase)
            return f"[Container] Entering phase {mark.phase}"
        if mark.event == "failed":
            number, status = mark.numbers
            self._failure = _reason(self.commands[number], status)
            return f"[Container] {self._failure}"
        self._open = ""
        status_text = "SUCCEEDED" if mark.numbers[0] else "FAILED"
        self.run.end_phase(status_text, "" if mark.numbers[0] else self._failure)
        self._failure = ""
        return f"[Container] Phase complete: {mark.phase} State: {status_text}"

    def close(self, exit_code: int) -> None:
        """The program ended; a command of its may have ended it (`exit`)."""
        if self._open:
            self.run.end_phase("FAILED", f"The shell ended in this phase: exit status {exit_code}")


def _reason(command: str, status: int) -> str:
    shown = command if len(command) <= 300 else f"{command[:300]}…"
    text = f"Error while executing command: {shown}. Reason: exit status {status}"
    if status == 127:
        words = shlex.split(command.splitlines()[0], posix=False)[:1]
        text += f" (a program that is not on this machine: {' '.join(words)}?)"
    return text
