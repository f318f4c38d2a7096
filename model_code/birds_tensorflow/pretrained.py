"""Finds pretrained weights of MobileNetV2 in the channel `weights`.

The files are those of keras.applications: HDF5 with arrays and no code.
"""

from __future__ import annotations

from pathlib import Path

from shared.faults import RefusedError

PATTERNS = ("*.weights.h5", "*_no_top.h5")
HOW = "python -m pretrained_weights puts them into the channel's S3 prefix"


def find(folder: Path | None, alpha: str) -> Path | None:
    """The file for a width of MobileNetV2; None where the job has no weights at all.

    Raises:
        RefusedError: there are weights, and none or several are for this width.
    """
    if folder is None or not folder.is_dir():
        return None
    files = sorted({path for pattern in PATTERNS for path in folder.rglob(pattern)})
    if not files:
        return None
    found = [path for path in files if f"_{alpha}_" in path.name]
    if len(found) != 1:
        names = ", ".join(path.name for path in files)
        raise RefusedError(
            "the pretrained weights do not fit:",
            [
                f"--alpha: {alpha} needs one file with _{alpha}_ in its name in {folder}, which "
                f"holds {names}; {HOW}"
            ],
        )
    return found[0]
