"""The packages that a model's ``code/requirements.txt`` asks for."""

from __future__ import annotations

import importlib.metadata
import logging
import subprocess
import sys
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

logger = logging.getLogger("model_server")


class RequirementsError(Exception):
    """pip could not install them; the message is its own."""


def install(file: Path) -> Path | None:
    """Install what this Python lacks into a folder of the server's own, which is answered; None
    where nothing was lacking. Raises RequirementsError."""
    lines = [line.split("#")[0].strip() for line in file.read_text().splitlines()]
    if all(_installed(line) for line in lines if line):
        return None
    logger.info("installing packages from requirements.txt...")
    # Not among the model's files: they outlive a restart, and installing may be cut short.
    target = Path.home() / "packages"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target)]
    done = subprocess.run([*command, "-r", str(file)], capture_output=True, text=True)
    if done.returncode:
        raise RequirementsError(f"failed to install required packages: {done.stderr[-500:]}")
    return target


def _installed(line: str) -> bool:
    try:
        requirement = Requirement(line)
        version = importlib.metadata.version(requirement.name)
    except (InvalidRequirement, importlib.metadata.PackageNotFoundError):
        return False
    return requirement.specifier.contains(version, prereleases=True)
