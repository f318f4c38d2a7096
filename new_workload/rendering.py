"""From templates to the files of a workload."""

from __future__ import annotations

import re
import shutil
from itertools import groupby
from pathlib import Path

from new_workload.request import NewWorkload

TEMPLATES = Path(__file__).resolve().parent / "templates"
NAME, PACKAGE = "my-workload", "my_workload"
_OURS = re.compile(rf"^from ({PACKAGE}|contracts|shared)\b")


def settings_text(workload: NewWorkload) -> str:
    """The workload's YAML."""
    own, kind = TEMPLATES / workload.template, TEMPLATES / workload.kind
    parts = (own / "source.yaml", kind / "data.yaml", own / "search.yaml", kind / "serving.yaml")
    return _named("".join(part.read_text(encoding="utf-8") for part in parts), workload)


def code_files(workload: NewWorkload) -> dict[Path, Path]:
    """Templates of the workload's code by the path that each is to have; none for XGBoost."""
    folder = TEMPLATES / workload.template / "code"
    return {
        workload.code_folder / file.relative_to(folder): file
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def write(workload: NewWorkload) -> list[Path]:
    """Write settings and code; answer the files."""
    workload.settings_file.write_text(settings_text(workload), encoding="utf-8")
    code = code_files(workload)
    for target, template in code.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        text = template.read_text(encoding="utf-8")
        target.write_text(_named(_sorted_imports(text, workload), workload), encoding="utf-8")
        shutil.copymode(template, target)
    return [workload.settings_file, *code]


def _named(text: str, workload: NewWorkload) -> str:
    return text.replace(NAME, workload.name).replace(PACKAGE, workload.package)


def _sorted_imports(text: str, workload: NewWorkload) -> str:
    """Imports of ours in the order that ruff wants, which depends on the package's name."""
    lines: list[str] = []
    for ours, group in groupby(text.splitlines(), key=lambda line: bool(_OURS.match(line))):
        block = list(group)
        lines += sorted(block, key=lambda line: _module(line, workload)) if ours else block
    return "\n".join(lines) + "\n"


def _module(line: str, workload: NewWorkload) -> str:
    return _named(line.split()[1], workload)
