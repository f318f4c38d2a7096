"""Names that AWS, or a stack's outputs, could not tell apart or would not take."""

from __future__ import annotations

from collections.abc import Sequence

from contracts import names
from infra.settings.faults import Fault


def name_faults(environment: str, workloads: Sequence[str], file: str) -> list[Fault]:
    """Of an environment and the workloads that its file names."""
    faults = []
    taken: dict[str, str] = {}
    for workload in workloads:
        try:
            names.check_length(environment, workload)
        except names.NameTooLongError as error:
            allowed = f"{names.LONGEST_TOGETHER} characters together"
            faults.append(Fault(file, "workloads", str(error), allowed))
        # birds-2 and birds2 would both be Birds2 in the stacks' outputs.
        other = taken.setdefault(names.output_key("", workload), workload)
        if other != workload:
            problem = f"names {other!r} and {workload!r}, which differ by hyphens alone"
            faults.append(Fault(file, "workloads", problem, "names that differ by more"))
    return faults
