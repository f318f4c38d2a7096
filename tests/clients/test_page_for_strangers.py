"""The page for those who want the local SageMaker alone does what it says.

All of it runs in a folder that holds `local_cloud/` and nothing else of this repository.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "local-sagemaker.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# ([\w/]+\.py)\n")
SECONDS = 900


INTERPRETER = """
cat > notebook.py <<'PYTHON'
import sys, traceback
shared = {"__name__": "__main__"}
for line in sys.stdin:
    try:
        exec(compile(open(line.strip()).read(), line.strip(), "exec"), shared)
        open(line.strip() + ".done", "w").write("ok")
    except BaseException:
        traceback.print_exc()
        open(line.strip() + ".done", "w").write("failed")
PYTHON
mkfifo blocks
python notebook.py < blocks &
exec 3> blocks
run() {
  echo "$1" >&3
  while [ ! -s "$1.done" ]; do sleep 0.1; done
  [ "$(cat "$1.done")" = ok ]
}
"""


def program() -> str:
    """The page's blocks as one shell script; its Python runs in one interpreter, as a notebook's.

    The interpreter reads blocks from a pipe and says when it is done with each.
    """
    lines = ["set -euo pipefail", "trap 'python -m local_cloud stop' EXIT"]
    python: list[str] = []
    for language, text in BLOCK.findall(PAGE.read_text()):
        named = FILE.match(text)
        if language == "python" and named:
            lines += [f"mkdir -p $(dirname {named[1]})", f"cat > {named[1]} <<'PYTHON'", text]
            lines.append("PYTHON")
        elif language == "python":
            name = f"block-{len(python)}.py"
            python.append(name)
            lines += [f"cat > {name} <<'PYTHON'", text, "PYTHON", f"run {name}"]
        elif language == "bash":
            lines += [text]
            if "local_cloud env" in text:
                lines.append(INTERPRETER)
    return "\n".join(lines)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "local_cloud", tmp_path / "local_cloud", ignore=leave)
    return tmp_path


def test_all_that_the_page_shows_works_with_local_cloud_alone(folder: Path) -> None:
    users = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
    for name in ("SAGEMAKER_USER_CONFIG_OVERRIDE", "PYTHONPATH"):
        users.pop(name, None)
    path = f"{Path(sys.executable).parent}{os.pathsep}{users['PATH']}"

    done = subprocess.run(
        ["bash", "-c", program()],
        cwd=folder,
        env={**users, "PATH": path},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )

    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    assert "hyperparameters.json" in done.stdout
    assert "model-package/first/1\tPendingManualApproval" in done.stdout
    assert not (folder / ".local" / "cloud").exists()
