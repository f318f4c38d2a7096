"""Prints how the memory of `shared.tables.prepare` grows with the number of rows.

    python -m benchmarks.prepare_table_memory [N]

Prepares N rows (100,000 unless told) and 10 N of made-up customers, each in a process of its own.
The peer is the first run: a ratio near 1 says that ten times the rows take the same memory.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NAME = "customers.csv"
SCHEMA = {
    "schema_version": 1,
    "header": True,
    "label": "churned",
    "columns": [
        {"name": "tenure_months", "type": "integer", "min": 0},
        {"name": "monthly_charge", "type": "number", "min": 0},
        {"name": "contract_months", "type": "integer"},
        {"name": "support_calls", "type": "integer"},
        {"name": "late_payments", "type": "integer"},
        {"name": "data_gb", "type": "number", "missing": True},
        {"name": "churned", "type": "category", "values": ["no", "yes"]},
    ],
}


class FolderS3:
    """Answers each key with a file, read piece by piece."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_object(self, *, Key: str, **_: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": (self._folder / Key.rpartition("/")[2]).open("rb")}


def prepare_in_this_process(count: int, folder: Path) -> int:
    """Prepare `count` rows; print the process's memory in KiB before that and at its highest."""
    sys.path[:0] = [str(ROOT), str(ROOT / "model_code")]
    from contracts.manifest import Manifest, ManifestObject
    from demo.datasets.churn import write_churn
    from shared.tables.options import read_arguments
    from shared.tables.prepare import prepare

    write_churn(folder / NAME, delivery=1, count=count)
    size = (folder / NAME).stat().st_size
    item = ManifestObject(key=f"up/{NAME}", version_id="v", size=size, etag="e")
    manifest = Manifest(workload="churn", bucket="data", prefix="up/", objects=(item,))
    (folder / "manifest").mkdir()
    (folder / "manifest" / "manifest.json").write_bytes(manifest.to_bytes())
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    before = _peak()
    arguments = ["--manifest-dir", str(folder / "manifest"), "--output-dir", str(folder / "out")]
    prepare(
        read_arguments([*arguments, "--schema-file", str(folder / "schema.json")]),
        FolderS3(folder),
    )
    print(f"{before} {_peak()}")
    return 0


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(count: int) -> tuple[int, int]:
    """Memory in KiB of a fresh process: before it prepares, and at its highest."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.prepare_table_memory", "--inside"]
        finished = subprocess.run(
            [*command, str(count), folder], cwd=ROOT, check=True, capture_output=True, text=True
        )
    before, peak = finished.stdout.splitlines()[-1].split()
    return int(before), int(peak)


def main() -> int:
    """Print both runs and their ratio."""
    if sys.argv[1:2] == ["--inside"]:
        return prepare_in_this_process(int(sys.argv[2]), Path(sys.argv[3]))
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    peaks = []
    for rows in (count, 10 * count):
        before, peak = measure(rows)
        peaks.append(peak)
        print(f"{rows:>10,} rows: {peak / 1024:6.1f} MiB at most, {before / 1024:.1f} at start")
    print(f"10 times the rows take {peaks[1] / peaks[0]:.2f} times the memory")
    return 0


if __name__ == "__main__":
    sys.exit(main())
