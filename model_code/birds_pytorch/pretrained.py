"""Finds and loads pretrained weights of ResNet in the channel `weights`.

The files are torchvision's: a state_dict, loaded without running code.
"""

from __future__ import annotations

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from shared.faults import RefusedError

PATTERN = "*.pth"
HOW = "python -m pretrained_weights puts them into the channel's S3 prefix"
_REFUSED = "the pretrained weights do not fit:"


def find(folder: Path | None, name: str) -> Path | None:
    """The file for a ResNet; None where the job has no weights at all.

    Raises:
        RefusedError: there are weights, and none or several are for this network.
    """
    if folder is None or not folder.is_dir():
        return None
    files = sorted(folder.rglob(PATTERN))
    if not files:
        return None
    # torchvision's own downloads have a digest after the name: resnet18-f37072fd.pth.
    found = [file for file in files if file.stem.split("-")[0] == name]
    if len(found) != 1:
        names = ", ".join(file.name for file in files)
        fault = f"--network: {name} needs one file {name}.pth in {folder}, which holds {names}; "
        raise RefusedError(_REFUSED, [fault + HOW])
    return found[0]


def load(base: Any, file: Path) -> None:
    """Give torchvision's ResNet without its last layer the weights of a file.

    Raises:
        RefusedError: the file holds none, or those of another network.
    """
    import torch

    try:
        weights = torch.load(file, map_location="cpu", weights_only=True)
        kept = {key: value for key, value in weights.items() if not key.startswith("fc.")}
        base.load_state_dict(kept)
    except (OSError, RuntimeError, EOFError, AttributeError, UnpicklingError) as error:
        fault = f"{file}: {error}; expected a state_dict of torchvision's ResNet"
        raise RefusedError(_REFUSED, [fault]) from error
