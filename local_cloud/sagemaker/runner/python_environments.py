"""The Python environment that an image's packages describe."""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
import shutil
import subprocess
import sys
import threading
import venv
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement

from local_cloud.json_api.errors import ApiError, ValidationException
from local_cloud.settings import LocalCloudSettings

logger = logging.getLogger("local_cloud.images")
_making = threading.Lock()


def interpreter(
    settings: LocalCloudSettings, packages: Sequence[str], *, requirements: str | None = None
) -> Path:
    """A Python that has the packages: this one where they are installed and fit, else one of a
    virtual environment that is made now (minutes) and kept under the state folder.

    With ``requirements``, a file that brings them, no environment is made. Raises
    ValidationException where they are not installed then, else ApiError where pip cannot install
    them.
    """
    unmet = missing(packages)
    if not unmet:
        return Path(sys.executable)
    if requirements is not None:
        raise ValidationException(
            f"The image needs {', '.join(unmet)}, which the local cloud's Python lacks. It makes "
            "no environment for this image, which is large. Install what AWS's image holds with "
            f"`{sys.executable} -m pip install -r {requirements}`, and what an image of your own "
            "adds to it in the same way; then start the job or the endpoint again."
        )
    digest = hashlib.sha256("\n".join(sorted(packages)).encode()).hexdigest()[:16]
    folder = settings.state_dir / "environments" / digest
    python = folder / "bin" / "python"
    with _making:
        if not (folder / "complete").is_file():
            logger.info("making a Python environment with %s in %s", ", ".join(packages), folder)
            _make(folder, python, packages)
    return python


def missing(packages: Sequence[str]) -> list[str]:
    """Those of the packages that this very environment lacks or has in another version."""
    unmet = []
    for text in packages:
        requirement = Requirement(text)
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            unmet.append(text)
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            unmet.append(text)
    return unmet


def _make(folder: Path, python: Path, packages: Sequence[str]) -> None:
    # A folder without the mark is what an earlier, interrupted attempt left.
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    command = [str(python), "-m", "pip", "install", "--quiet", *packages]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        end = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise ApiError("InternalFailure", f"pip cannot install {list(packages)}: {end}", status=500)
    (folder / "complete").touch()
