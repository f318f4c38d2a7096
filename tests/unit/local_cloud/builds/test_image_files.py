"""A process sees the files of its image at their paths, over those of the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from local_cloud.sagemaker.runner import image_files, isolation
from local_cloud.sagemaker.runner.command import Method
from local_cloud.sagemaker.runner.view import View

METHODS = [method for method in get_args(Method) if method != "rewrite"]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name, text in {
        "opt/program/word": "rook",
        "srv/own/word": "owl",
        "etc/rook/word": "etc",
        "top": "top",
        "opt/ml/code/train.py": "code",
        "tmp/word": "tmp",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def laid_out(image: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The files for one process, and its /opt/ml."""
    scratch, ml = tmp_path / "scratch", tmp_path / "ml"
    for folder in (scratch, ml):
        folder.mkdir()
    files = image_files.lay_out(image, scratch=scratch, ml=ml, python=Path(sys.executable))
    return files, ml


def view(files: Path, ml: Path) -> View:
    return View(ml=ml, scratch=ml.with_name("scratch"), files=files)


def skip_unless_it_works(method: Method) -> None:
    if not isolation._works(method):
        pytest.skip(f"{method} does not work on this machine")


@pytest.mark.parametrize("method", METHODS)
def test_the_images_files_are_at_their_paths(method: Method, image: Path, tmp_path: Path) -> None:
    skip_unless_it_works(method)
    files, ml = laid_out(image, tmp_path)
    (ml / "input").write_text("data")
    script = (
        "cat /opt/program/word /srv/own/word /etc/rook/word /top /opt/ml/input "
        "/opt/ml/code/train.py /tmp/word; test -e /etc/passwd; pwd; echo x > /opt/program/written; "
        "echo y > /opt/ml/result; echo $WORD"
    )
    command = isolation._command(
        method,
        view(files, ml),
        ["sh", "-c", script],
        {"PATH": os.environ["PATH"], "WORD": "kept"},
    )
    done = subprocess.run(
        command.argv,
        env=command.environment,
        cwd=tmp_path / "scratch",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"rookowletctopdatacodetmp{tmp_path}/scratch\nkept\n"
    assert (ml / "result").read_text() == "y\n"
    assert (files / "opt/program/written").is_file()
    assert not (image / "opt/program/written").exists()
    assert not Path("/opt/program").exists()
    assert not Path("/top").exists()


@pytest.mark.parametrize("method", METHODS)
def test_python_of_the_image_is_the_environments(
    method: Method, image: Path, tmp_path: Path
) -> None:
    skip_unless_it_works(method)
    if Path("/usr/local/bin/python").exists():
        pytest.skip("this machine has a /usr/local/bin/python of its own")
    files, ml = laid_out(image, tmp_path)
    argv = ["/usr/local/bin/python", "-c", "import sys; print(sys.prefix)"]
    command = isolation._command(method, view(files, ml), argv, {"PATH": os.environ["PATH"]})
    done = subprocess.run(command.argv, env=command.environment, capture_output=True, text=True)
    assert done.stdout.strip() == sys.prefix, done.stderr


def test_without_namespaces_the_images_paths_are_rewritten(image: Path, tmp_path: Path) -> None:
    files, ml = laid_out(image, tmp_path)
    command = isolation._command(
        "rewrite",
        view(files, ml),
        ["/opt/program/word", "--at=/opt/ml/model", "/opt/programs", "/etc/passwd"],
        {"PATH": "/opt/program:/usr/bin"},
    )
    own = f"{files}/opt/program"
    assert command.argv == [f"{own}/word", f"--at={ml}/model", "/opt/programs", "/etc/passwd"]
    assert command.environment == {"PATH": f"{own}:/usr/bin", "SAGEMAKER_BASE_DIR": str(ml)}


def test_what_a_job_has_already_is_not_replaced_by_the_image(image: Path, tmp_path: Path) -> None:
    (tmp_path / "ml" / "code").mkdir(parents=True)
    (tmp_path / "ml" / "code" / "train.py").write_text("newer")
    image_files.lay_out(
        image, scratch=tmp_path / "scratch", ml=tmp_path / "ml", python=Path(sys.executable)
    )
    assert (tmp_path / "ml" / "code" / "train.py").read_text() == "newer"


def test_a_second_process_gets_the_files_as_they_were(image: Path, tmp_path: Path) -> None:
    files, ml = laid_out(image, tmp_path)
    (files / "opt/program/word").write_text("changed")
    again = image_files.lay_out(
        image, scratch=tmp_path / "scratch", ml=ml, python=Path(sys.executable)
    )
    assert (again / "opt/program/word").read_text() == "rook"
    shutil.rmtree(again)
