"""Counts lines, as a first step of many a pipeline does."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

PROCESSING = Path("/opt/ml/processing")
PARSER = argparse.ArgumentParser()
PARSER.add_argument("--unit", required=True)


def main() -> None:
    arguments = PARSER.parse_args()
    files = sorted((PROCESSING / "input" / "data").iterdir())
    lines = sum(len(file.read_text().splitlines()) for file in files)
    (PROCESSING / "counts" / "counts.json").write_text(json.dumps({arguments.unit: lines}))


if __name__ == "__main__":
    main()
