"""Iris: 150 flowers of three species, four lengths in centimetres each.

R. A. Fisher, "The use of multiple measurements in taxonomic problems", 1936; the copy that
scikit-learn ships, so that nothing is downloaded. One flower is in it twice.
"""

from __future__ import annotations

import csv
from pathlib import Path

FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
FILE = "iris.csv"


def write_iris(folder: Path) -> int:
    """Write ``<folder>/iris.csv``, answer its number of rows (150).

    No header; the species first, then the four lengths. The same bytes each time.
    """
    from sklearn.datasets import load_iris

    flowers = load_iris()
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{FILE}.part"
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for lengths, species in zip(flowers.data.tolist(), flowers.target, strict=True):
            writer.writerow([str(flowers.target_names[species]), *lengths])
    unfinished.replace(folder / FILE)
    return len(flowers.target)
