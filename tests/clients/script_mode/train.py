"""A training script as people write them for SageMaker; what it learns is a mean."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

PARSER = argparse.ArgumentParser()
PARSER.add_argument("--shift", type=float, default=0.0)
PARSER.add_argument("--fail", default="")
PARSER.add_argument("--model-dir", type=Path, default=Path(os.environ["SM_MODEL_DIR"]))
PARSER.add_argument("--train", type=Path, default=Path(os.environ["SM_CHANNEL_TRAIN"]))


def main() -> None:
    # SageMaker adds hyperparameters of its own when it tunes.
    arguments, _ = PARSER.parse_known_args()
    if arguments.fail:
        raise SystemExit(arguments.fail)
    numbers = [
        float(number)
        for file in sorted(arguments.train.iterdir())
        for number in file.read_text().split()
    ]
    model = {"mean": sum(numbers) / len(numbers) + arguments.shift}
    (arguments.model_dir / "model.json").write_text(json.dumps(model))
    output = Path(os.environ["SM_OUTPUT_DATA_DIR"])
    seen = {name: value for name, value in os.environ.items() if name.startswith("SM_")}
    (output / "seen.json").write_text(json.dumps(seen))
    print(f"score={1 / (1 + (model['mean'] - 3) ** 2):.6f};")


if __name__ == "__main__":
    main()
