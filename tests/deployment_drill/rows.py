"""The held-out rows that smoke tests and the load send."""

from __future__ import annotations

CLASSES = ("setosa", "versicolor", "virginica")
ROWS = tuple(f"{index % len(CLASSES)}.0,3.5,1.4,0.2" for index in range(9))
"""CSV without the label: the first column is the index of the class, for `drill_server`."""
