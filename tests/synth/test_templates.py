"""Each environment's templates: valid, the same each time, as the snapshots say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.synth.templates import ENVIRONMENTS, ROOT, assembly, context, snapshot, stacks
from tests.synth.update_snapshots import SNAPSHOTS, snapshot_file

pytestmark = pytest.mark.parametrize("environment", ENVIRONMENTS)


def test_templates_are_as_their_snapshots_say(environment: str) -> None:
    for stack, template in stacks(environment).items():
        path = snapshot_file(environment, stack)
        assert path.is_file(), f"{path} is missing: run python -m tests.synth.update_snapshots"
        assert snapshot(template) == path.read_text(), (
            f"{stack} is not as {path.name} says. If the change is meant, run "
            "python -m tests.synth.update_snapshots and read the diff."
        )


def test_every_snapshot_belongs_to_a_stack(environment: str) -> None:
    expected = {snapshot_file(environment, stack) for stack in stacks(environment)}
    assert set((SNAPSHOTS / environment).glob("*")) == expected


def test_another_process_writes_the_same_bytes(environment: str, tmp_path: Path) -> None:
    """Also with another seed of Python's hashes, which decides the order in sets."""
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={
            **os.environ,
            "CDK_OUTDIR": str(tmp_path),
            "CDK_CONTEXT_JSON": json.dumps({**context(), "env": environment}),
            "PYTHONHASHSEED": "7" if os.environ.get("PYTHONHASHSEED") != "7" else "8",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    here = Path(assembly(environment).directory)
    written = sorted(path.name for path in here.glob("*.json"))
    assert f"Rookery-{environment}-training.template.json" in written
    assert [
        name for name in written if (tmp_path / name).read_bytes() != (here / name).read_bytes()
    ] == []


def test_stacks_are_deployed_in_the_order_of_the_data(environment: str) -> None:
    words = [name.rpartition("-")[2] for name in stacks(environment)]
    # Images and intake need nothing of each other; images are there where a workload has one.
    images = ["images"] if "images" in words else []
    # Serving is a stack of its own where a workload is answered in batches.
    serving = ["serving"] if "serving" in words else []
    last = ["training", "deployment", *serving]
    assert words[0] == "foundation"
    assert sorted(words[1 : -len(last)]) == [*images, "intake"]
    assert words[-len(last) :] == last


def test_nothing_is_looked_up(environment: str) -> None:
    manifest = json.loads((Path(assembly(environment).directory) / "manifest.json").read_text())
    assert "missing" not in manifest
