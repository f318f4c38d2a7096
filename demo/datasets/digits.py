"""The demo's data set: scikit-learn's scanned digits as a folder of pictures.

Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI Machine Learning
Repository; the copy of 1,797 digits that scikit-learn ships, so that nothing is downloaded.
"""

from __future__ import annotations

from pathlib import Path

EDGE = 32
"""Pixels of a picture's edge; the scans are 8x8."""

_BRIGHTEST = 16


def write_digits(folder: Path) -> int:
    """Write ``<folder>/<digit>/<nnnn>.png``, RGB, 32x32; answer the number of files (1,797).

    ``nnnn`` is the picture's place in scikit-learn's data set. A picture that is there already
    is left alone, and one that was half written is not: names appear with their content.
    """
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    scans = np.round(digits.images * (255 / _BRIGHTEST)).astype(np.uint8)
    for number, (scan, label) in enumerate(zip(scans, digits.target, strict=True)):
        path = folder / str(label) / f"{number:04d}.png"
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(scan).resize((EDGE, EDGE), Image.Resampling.BICUBIC)
        unfinished = folder / f".{path.name}.part"
        picture.convert("RGB").save(unfinished, format="PNG")
        unfinished.replace(path)
    return len(scans)
