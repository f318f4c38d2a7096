"""Saves random weights of MobileNetV2 under the name that pretrained ones have."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras

if __name__ == "__main__":
    folder, alpha = Path(sys.argv[1]), sys.argv[2]
    model = keras.applications.MobileNetV2(
        input_shape=(96, 96, 3), alpha=float(alpha), include_top=False, weights=None
    )
    file = folder / f"mobilenet_v2_{alpha}_224_no_top.weights.h5"
    model.save_weights(str(file))
    print(json.dumps(file.name))
