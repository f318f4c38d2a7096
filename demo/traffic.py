"""A split of the endpoint's requests between the old model and a new one, shifted and ended."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from rich.table import Table

from contracts.traffic_split import NEW, NEW_VARIANT, OLD, OLD_VARIANT
from demo.environment import ENVIRONMENT
from demo.errors import DemoError
from demo.predict import Prediction
from demo.summary import print_title
from demo.workload_run import WorkloadRun

ROOT = Path(__file__).resolve().parent.parent
REQUESTS = 100
SHIFTED_SHARE = 0.5
_ROLES = {OLD_VARIANT: "old", NEW_VARIANT: "new"}


def is_split(run: WorkloadRun) -> bool:
    """Whether two models share the endpoint's requests; not where there is no endpoint."""
    sagemaker = run.client("sagemaker")
    listed = sagemaker.list_endpoints(NameContains=run.endpoint)["Endpoints"]
    if run.endpoint not in [item["EndpointName"] for item in listed]:
        return False
    variants = sagemaker.describe_endpoint(EndpointName=run.endpoint).get("ProductionVariants", [])
    return {variant["VariantName"] for variant in variants} == {OLD_VARIANT, NEW_VARIANT}


def end_left_over(run: WorkloadRun) -> None:
    """End a split that an earlier demo did not: no approval is taken while one is on."""
    if is_split(run):
        run.narrator.say("an earlier demo left a split of the endpoint's requests; it is ended")
        operate(run, "end", "--winner", OLD)


def show_split(run: WorkloadRun, package: dict[str, Any], stage: str) -> None:
    """Requests reach both models by weight; shift them, end the split, and look again."""
    run.narrator.heading("the new model shares the endpoint with the old one")
    with run.clock.stage(f"{stage}split, shift, end"):
        operate(run, "status")
        count_answers(run, package)
        operate(run, "shift", "--share", str(SHIFTED_SHARE))
        count_answers(run, package)
        operate(run, "end", "--winner", NEW)
        operate(run, "status")
        left = count_answers(run, package)
    if set(left) != {OLD_VARIANT}:
        raise DemoError(f"the split was ended, and requests still reach {', '.join(left)}")


def operate(run: WorkloadRun, *arguments: str) -> None:
    """What `make split-status`, `make shift` and `make end-split` run. Raises DemoError."""
    run.narrator.say(f"$ {make_command(run.workload, arguments)}")
    command = [sys.executable, "-m", "operate", *arguments]
    command += ["--env", ENVIRONMENT, "--workload", run.workload]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=run.environment.cloud.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    for line in done.stdout.splitlines():
        run.narrator.say(f"  {line}".rstrip())
    if done.returncode != 0:
        raise DemoError(f"`{make_command(run.workload, arguments)}` failed:\n{done.stderr.strip()}")


def make_command(workload: str, arguments: tuple[str, ...]) -> str:
    """The same as an operator types it."""
    targets = {"status": "split-status", "shift": "shift", "end": "end-split"}
    options = {"--share": "SHARE", "--winner": "WINNER"}
    given = [
        f"{options[name]}={value}"
        for name, value in zip(arguments[1::2], arguments[2::2], strict=True)
    ]
    return " ".join(
        ["make", targets[arguments[0]], f"ENV={ENVIRONMENT}", f"WORKLOAD={workload}", *given]
    )


def count_answers(run: WorkloadRun, package: dict[str, Any]) -> dict[str, list[Prediction]]:
    """Send some hundred requests; who answered how many, and how many of them right."""
    answers: dict[str, list[Prediction]] = defaultdict(list)
    sent = 0
    while sent < REQUESTS:
        for prediction in run.ask(package):
            answers[prediction.variant].append(prediction)
            sent += 1
    print_title(run.narrator.console, f"{sent} requests of held-out rows")
    table = Table()
    for column in ("variant", "", "answered", "right"):
        table.add_column(column)
    for variant, given in sorted(answers.items()):
        role = _ROLES.get(variant, "") if len(answers) > 1 else "alone"
        right = sum(item.right for item in given) / len(given)
        table.add_row(variant, role, str(len(given)), f"{right:.0%}")
    run.narrator.console.print(table)
    return dict(answers)
