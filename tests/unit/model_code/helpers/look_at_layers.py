"""Prints what each phase of the birds' training trains, and whether weights are taken over."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from keras import layers

from birds_tensorflow import network


def trained(model: Any) -> list[str]:
    return [layer.name for layer in model.layers if layer.trainable_weights]


if __name__ == "__main__":
    file, alpha = Path(sys.argv[1]), float(sys.argv[2])
    options: dict[str, Any] = {
        "image_shape": (32, 32, 3),
        "classes": 3,
        "alpha": alpha,
        "output_stride": 16,
        "dropout": 0.1,
        "batch_norm_momentum": 0.8,
    }
    loaded, again = (network.build(**options, weights=file) for _ in range(2))
    fresh = network.build(**options, weights=None)
    pairs = zip(loaded.get_weights()[:-2], again.get_weights()[:-2], strict=True)
    norms = [layer for layer in fresh.layers if isinstance(layer, layers.BatchNormalization)]
    report: dict[str, Any] = {
        "weights_are_the_files": all(np.array_equal(one, other) for one, other in pairs),
        "momenta": sorted({layer.momentum for layer in norms}),
        "norms": [layer.name for layer in norms],
        "all": len(trained(fresh)),
    }
    network.train_head(loaded)
    report["head"] = trained(loaded)
    network.train_top(0.3)(loaded)
    report["top"] = trained(loaded)
    network.train_all(loaded)
    report["all_again"] = len(trained(loaded))
    print(json.dumps(report))
