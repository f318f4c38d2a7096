"""Bootstrap and deploy the environment with the unmodified CDK CLI."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from demo.errors import DemoError

ROOT = Path(__file__).resolve().parent.parent
# The CLI's own milestones; the whole of what it prints goes to the log file.
MILESTONE = re.compile(r"(✅|❌|failed:|Error|deploying\.\.\.|bootstrapping\.\.\.|Synthesis time)")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def bootstrap(
    environment: Mapping[str, str],
    *,
    account: str,
    region: str,
    log: Path,
    say: Callable[[str], None],
) -> None:
    """`cdk bootstrap`; does nothing on an account that is bootstrapped. Raises DemoError."""
    # Run outside the app's folder: bootstrapping needs no synthesis.
    arguments = ["bootstrap", f"aws://{account}/{region}"]
    _cdk(arguments, environment, cwd=log.parent, log=log, say=say)


def deploy(
    environment: Mapping[str, str],
    *,
    name: str,
    workloads: Sequence[str] = (),
    git_commit: str | None = None,
    config: Path | None = None,
    log: Path,
    say: Callable[[str], None],
) -> None:
    """`cdk deploy --all -c env=NAME`, of some workloads or (none named) all of the environment's.

    ``config`` is a folder to read in place of `config/`.

    Raises DemoError with the CLI's last lines.
    """
    arguments = ["deploy", "--all", "--require-approval", "never"]
    arguments += _context(env=name, workloads=",".join(workloads), git_commit=git_commit)
    arguments += _context(config=str(config.resolve()) if config else None)
    arguments += ["--concurrency", "4", "--progress", "events"]
    # Beside the log, so that another synth in this folder does not stand in the way.
    arguments += ["--output", str(log.parent / "cdk.out")]
    _cdk(arguments, environment, cwd=ROOT, log=log, say=say)


def destroy(environment: Mapping[str, str], *, log: Path, say: Callable[[str], None]) -> None:
    """`cdk destroy --all` of what ``deploy`` with the same log synthesised.

    Raises DemoError with the CLI's last lines.
    """
    arguments = ["destroy", "--all", "--force", "--app", str(log.parent / "cdk.out")]
    _cdk([*arguments, "--progress", "events"], environment, cwd=ROOT, log=log, say=say)


def _context(**values: str | None) -> list[str]:
    """Arguments of the CDK CLI; a value that is None or empty is none."""
    pairs = [f"{key}={value}" for key, value in values.items() if value]
    return [argument for pair in pairs for argument in ("-c", pair)]


def git_commit() -> str | None:
    """The commit that is deployed, for the models' lineage; None outside of a git repository."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return None
    told = subprocess.run([git, "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return told.stdout.strip() or None if told.returncode == 0 else None


def _cdk(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    cwd: Path,
    log: Path,
    say: Callable[[str], None],
) -> None:
    command = [str(ROOT / "node_modules" / ".bin" / "cdk"), *arguments]
    lines: list[str] = []
    with (
        log.open("a") as file,
        subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environment),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        for raw in process.stdout or ():
            file.write(raw)
            line = ANSI.sub("", raw).strip()
            lines.append(line)
            if MILESTONE.search(line):
                say(line)
    if process.returncode != 0:
        tail = "\n".join(f"    {line}" for line in lines[-15:] if line)
        raise DemoError(
            f"`cdk {' '.join(arguments)}` failed (exit code {process.returncode}):\n{tail}\n"
            f"The whole output: {log}"
        )
