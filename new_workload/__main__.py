"""Command line: ``python -m new_workload``; `make new-workload` calls it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from new_workload import environment_list, rendering
from new_workload.request import FRAMEWORKS, KINDS, NewWorkload, RefusedError

ROOT = Path(__file__).resolve().parent.parent


def create(workload: NewWorkload) -> list[Path]:
    """Write the workload's files and list it in the environment `local`; answer the files.

    Raises:
        RefusedError: with everything that is wrong; nothing was written.
    """
    shown = workload.environment_file.relative_to(workload.root)
    listed: list[str] = []
    environment, faults = "", []
    try:
        text = environment_list.read(workload.environment_file)
        listed = environment_list.listed(text)
        environment = environment_list.with_name(text, workload.name or "it")
    except environment_list.NotAListError as error:
        faults.append(f"{shown}: {error}")
    faults += workload.faults(listed)
    if faults:
        raise RefusedError(faults)
    written = rendering.write(workload)
    workload.environment_file.write_text(environment, encoding="utf-8")
    return [*written, workload.environment_file]


def main(argv: Sequence[str]) -> int:
    """Exit status: 0, or 2 where nothing was written."""
    given = _parse(argv)
    workload = NewWorkload(root=ROOT, name=given.name, kind=given.kind, framework=given.framework)
    try:
        written = create(workload)
    except RefusedError as error:
        print(f"new-workload: {error}", file=sys.stderr)
        return 2
    for path in written:
        print(path.relative_to(workload.root))
    print(
        f"\nNext: edit what is marked EDIT in config/workloads/{workload.name}.yaml, then\n"
        f"  make demo WORKLOAD={workload.name} DEMO_ARGS='--data FOLDER'\n"
        "docs/your-own-model.md goes through it."
    )
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    """All are checked together later, so that a wrong one does not hide another."""
    parser = argparse.ArgumentParser(prog="python -m new_workload", description=__doc__)
    parser.add_argument("--name", default="", help="as in my-wine")
    parser.add_argument("--kind", default="", help=" or ".join(KINDS))
    parser.add_argument("--framework", default="", help=", ".join(FRAMEWORKS))
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
