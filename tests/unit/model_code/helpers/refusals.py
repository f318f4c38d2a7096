"""Runs train.py under each of several environments; prints why each was refused, as JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from cifar_tensorflow.train import train
from shared.faults import RefusedError


def refusal(environment: dict[str, str]) -> str:
    os.environ.update(environment)
    try:
        train(["--epochs", "1"])
    except RefusedError as error:
        return str(error)
    return "accepted"


if __name__ == "__main__":
    environments = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps([refusal(environment) for environment in environments]))
