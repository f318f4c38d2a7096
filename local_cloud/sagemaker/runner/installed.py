"""Where `pip install` of a job puts packages: into its own folder.

A container's Python is the container's own, and goes with it. The Python of a job here is shared,
and what the job may write is its own folder. pip takes its options from ``PIP_*`` variables: with a
prefix it leaves alone what is installed and fits, and puts what is missing below the prefix.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

PREFIX = "PIP_PREFIX"


def environment(scratch: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The variables by which pip and Python find that folder; ``given`` has PATH and maybe
    PYTHONPATH."""
    prefix = scratch / "installed"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    modules = [given.get("PYTHONPATH", ""), str(prefix / "lib" / version / "site-packages")]
    return {
        PREFIX: str(prefix),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, modules)),
        "PATH": os.pathsep.join([str(prefix / "bin"), given["PATH"]]),
    }
