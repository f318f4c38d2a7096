"""The commands by which operators change a split, as people are told them."""

from __future__ import annotations

from lambdas.deployment.settings import PlanSettings


def what_next(settings: PlanSettings) -> str:
    """What an operator does while a split is on; lines of text."""
    of = _of(settings)
    return "\n".join(
        [
            "Both models serve until somebody ends the split.",
            "Look at it:",
            f"    make split-status {of}",
            "Give the new model another share of the requests, 0 to 1:",
            f"    make shift {of} SHARE=0.5",
            "Let the new or the old model serve alone:",
            f"    make end-split {of} WINNER=new",
            f"    make end-split {of} WINNER=old",
        ]
    )


def end_command(settings: PlanSettings) -> str:
    """The command that ends a split, up to the winner."""
    return f"make end-split {_of(settings)} WINNER="


def _of(settings: PlanSettings) -> str:
    return f"ENV={settings.environment} WORKLOAD={settings.workload}"
