from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import UnseekableStreamError

from local_cloud.sagemaker.runner import folder_sync, objects
from local_cloud.sagemaker.runner.places import S3Place
from local_cloud.sagemaker.runner.workspace import Workspace


class S3:
    """Loses the first file while it reads it, as when a program replaces its checkpoint."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.kept_one = threading.Event()
        self.lost_one = False

    def upload_file(self, _file: str, _bucket: str, key: str, **_options: Any) -> None:
        if not self.lost_one:
            self.lost_one = True
            raise UnseekableStreamError(stream_object=key)
        self.kept.append(key)
        self.kept_one.set()


def test_a_checkpoint_that_vanishes_while_it_is_read_does_not_end_the_keeping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_sync, "SYNC_SECONDS", 0.01)
    (tmp_path / "epoch-1").write_text("weights")
    s3 = S3()
    with folder_sync.FolderSync(s3, tmp_path, S3Place("bucket", "kept")):
        assert s3.kept_one.wait(10)
    assert s3.kept == ["kept/epoch-1"]


def test_links_that_lead_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "job")
    workspace.create()
    (tmp_path / "of another job").write_text("secret")
    folder = workspace.ml / "output"
    (folder / "own").write_text("own")
    for name, target in {
        "inside": "own",
        "outside": str(tmp_path / "of another job"),
        "climbing": "../../../of another job",
        "gone": "/no/such/file",
    }.items():
        (folder / name).symlink_to(target)
    assert [path.name for path in objects.own_files(folder)] == ["inside", "own"]
    assert workspace.read_text("output/inside") == "own"
    assert workspace.read_text("output/climbing") == ""
    assert workspace.read_text("output/gone") == ""


def test_a_link_in_the_place_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "job")
    workspace.create()
    secrets = tmp_path / "of another job"
    (secrets / "deep").mkdir(parents=True)
    (secrets / "deep" / "key").write_text("secret")
    (workspace.ml / "linked").symlink_to(secrets)
    for name in ("linked", "linked/deep", "gone"):
        assert objects.own_files(workspace.ml / name) == []
