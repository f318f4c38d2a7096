"""A process has an /etc/hosts of its own by each method that gives it an /opt/ml of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from local_cloud.sagemaker.runner import hosts, isolation
from local_cloud.sagemaker.runner.host_names import knowing, shown
from local_cloud.sagemaker.runner.workspace import Workspace

METHODS = ("bubblewrap", "unshare", "unshare-user")


def run(names: Path | None, folder: Path, program: str) -> str:
    argv = knowing(names, ["sh", "-c", program])
    command = shown(names, isolation.isolate(folder, argv, {"PATH": "/usr/bin:/bin"}))
    done = subprocess.run(
        command.argv, env=command.environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("method", METHODS)
def test_names_are_known_inside_and_the_arguments_arrive(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not isolation._works(method):  # type: ignore[arg-type]
        pytest.skip(f"{method} does not work on this machine")
    monkeypatch.setattr(isolation, "method", lambda: method)
    machine = Path("/etc/hosts").read_text()
    workspace = Workspace(tmp_path / "a job")
    workspace.create()
    own = hosts.of_job(workspace, 2)
    names = hosts.write_names("a-job", own, workspace.root)
    seen = run(names, workspace.ml, "cat /etc/hosts; ls -d /opt/ml/output")
    assert seen.startswith(machine.rstrip("\n"))
    lines = [line.split() for line in seen.splitlines() if "algo-" in line]
    assert [line[1] for line in lines] == ["algo-1", "algo-2"]
    assert lines[0][0].startswith("127.")
    assert lines[0][0] != lines[1][0]
    assert seen.splitlines()[-1] == "/opt/ml/output"
    assert Path("/etc/hosts").read_text() == machine


def test_without_namespaces_the_command_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "method", lambda: "rewrite")
    assert run(tmp_path / "hosts", tmp_path, "echo kept") == "kept\n"


def test_jobs_have_loopback_networks_of_their_own(tmp_path: Path) -> None:
    def first(job: str) -> str:
        own = hosts.of_job(Workspace(tmp_path), 1)
        file = hosts.write_names(job, own, tmp_path)
        assert file is not None
        return file.read_text().splitlines()[-1].split()[0]

    assert first("one") == first("one")
    assert len({first(f"job-{number}") for number in range(20)}) > 10


def test_a_single_host_has_the_jobs_folder_and_several_have_folders_in_it(tmp_path: Path) -> None:
    (alone,) = hosts.of_job(Workspace(tmp_path), 1)
    assert alone.workspace.root == tmp_path
    several = hosts.of_job(Workspace(tmp_path), 2)
    assert [host.workspace.root.name for host in several] == ["algo-1", "algo-2"]
    assert [host.part for host in several] == [(0, 2), (1, 2)]
