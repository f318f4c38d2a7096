"""Why a job failed, in SageMaker's words."""

from __future__ import annotations

from collections.abc import Sequence

from local_cloud.sagemaker.runner.workspace import Workspace


class AlgorithmError(Exception):
    """The job's own program failed; the text is what follows ``AlgorithmError: ``."""


def of_exit(workspace: Workspace, exit_code: int, tail: Sequence[str]) -> AlgorithmError:
    """What the program wrote to ``/opt/ml/output/failure``, else the end of its log."""
    written = workspace.read_text("output/failure").strip()
    if written:
        return AlgorithmError(f"{written}, exit code: {exit_code}")
    if exit_code == 137:
        return AlgorithmError(f"The program was killed (out of memory?), exit code: {exit_code}")
    end = "\n".join(tail)[-700:]
    return AlgorithmError(f"See job logs for more information, exit code: {exit_code}\n{end}")
