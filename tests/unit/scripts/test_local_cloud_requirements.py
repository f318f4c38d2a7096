"""requirements-local-cloud.txt names what `local_cloud/` imports, for those who want it alone."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "local_cloud"
BROUGHT_ALONG = {"botocore": "boto3"}


def imported(folder: Path) -> set[str]:
    """Top-level names; what runs in an image's own environment is that image's matter."""
    names: set[str] = set()
    for file in folder.rglob("*.py"):
        if folder / "containers" in file.parents:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"local_cloud"}


def test_every_package_that_the_local_cloud_imports_is_required() -> None:
    text = (ROOT / "requirements-local-cloud.txt").read_text()
    required = {name.lower() for name in re.findall(r"^([\w-]+)", text, re.MULTILINE)}
    distributions = packages_distributions()

    needed = {BROUGHT_ALONG.get(name, distributions[name][0]).lower() for name in imported(PACKAGE)}

    assert needed <= required
