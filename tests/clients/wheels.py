"""A package that is installed nowhere, as a wheel that needs no index."""

from __future__ import annotations

import zipfile
from pathlib import Path

NAME = "rookery_letters"
FILE = f"{NAME}-1.0-py3-none-any.whl"


def write_wheel(folder: Path) -> Path:
    """A module with `FIRST = "a"`."""
    info = f"{NAME}-1.0.dist-info"
    files = {
        f"{NAME}.py": 'FIRST = "a"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    wheel = folder / FILE
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    return wheel
