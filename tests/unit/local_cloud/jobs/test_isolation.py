"""What a process sees and may write, by each method that gives it namespaces of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from local_cloud.sagemaker.runner import hosts, isolation
from local_cloud.sagemaker.runner.command import Method
from local_cloud.sagemaker.runner.images import Image
from local_cloud.sagemaker.runner.isolation import View
from local_cloud.sagemaker.runner.workspace import Workspace
from tests.unit.local_cloud.jobs.conftest import Jobs

GUARDED = [sys.executable, "-I", "-S", str(Path(isolation.__file__).with_name("guardian.py")), "9"]


@pytest.fixture(params=[method for method in get_args(Method) if method != "rewrite"])
def method(request: pytest.FixtureRequest) -> Method:
    chosen: Method = request.param
    if not isolation._works(chosen):
        pytest.skip(f"{chosen} does not work on this machine")
    return chosen


@pytest.fixture
def view(tmp_path: Path) -> View:
    """A job's, in the state of a local cloud that has another job, a database and a certificate."""
    state = tmp_path / "the state"
    own, other = Workspace(state / "jobs" / "own"), Workspace(state / "jobs" / "other")
    for workspace in (own, other):
        workspace.create()
    for name in ("sagemaker.sqlite", "certificate", "jobs/other/ml/data"):
        (state / name).write_text(f"content of {name}")
    return View(ml=own.ml, scratch=own.scratch, hidden=(state,), shown=(state / "certificate",))


def run(method: Method, view: View, program: str, *arguments: str) -> str:
    argv = ["sh", "-c", program, *arguments]
    command = isolation._command(method, view, argv, {"PATH": os.environ["PATH"]})
    done = subprocess.run(
        command.argv,
        cwd=view.scratch,
        env=command.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_process_reads_its_own_files_and_nothing_else_of_the_state(
    method: Method, view: View
) -> None:
    (view.ml / "mine").write_text("mine")
    state = view.hidden[0]
    program = 'cat /opt/ml/mine "$0/certificate"; find "$0" -type f'
    seen = run(method, view, program, str(state))
    assert seen == f"minecontent of certificate{state}/certificate\n"


def test_a_process_writes_its_own_folders_only(method: Method, view: View) -> None:
    program = """
    for place in /opt/ml /tmp /var/tmp /dev/shm "$PWD"; do echo x > $place/own || exit 1; done
    for place in /etc /usr /opt /var "$0" / "$HOME" /proc/sys/kernel/domainname; do
        if [ -d "$place" ]; then place="$place/written"; fi
        echo x 2>/dev/null > "$place" && echo "$place"
    done
    true
    """
    here = str(Path(__file__).parent)
    written = run(method, view, program, here).splitlines()
    # What it writes into its private root is gone with it.
    assert [path for path in written if path not in ("//written", "/written", "/opt/written")] == []
    assert not Path("/written").exists()
    assert not Path("/opt/written").exists()
    assert not Path("/dev/shm/own").exists()
    assert sorted(file.name for file in view.scratch.iterdir() if file.is_file()) == ["own"]
    assert (view.ml / "own").read_text() == "x\n"
    isolation.clear(view.scratch)
    assert sorted(path.name for path in view.scratch.parent.iterdir()) == ["ml", "scratch"]


def test_a_process_cannot_take_its_view_away(method: Method, view: View) -> None:
    program = """
    umount "$0"; umount -l "$0"; mount -o remount,rw /etc; mknod /tmp/disk b 254 0
    unshare --user --map-root-user --mount umount "$0"
    find "$0" -name sagemaker.sqlite; find /tmp -name "$1"; touch /etc/written && echo written
    true
    """
    with tempfile.NamedTemporaryFile(dir="/tmp", prefix="of-others-") as others:
        hidden, name = str(view.hidden[0]), Path(others.name).name
        assert run(method, view, program, hidden, name) == ""


def test_a_process_sees_no_other_processes(method: Method, view: View) -> None:
    seen = run(method, view, "ls -d /proc/[0-9]*").split()
    # The namespace's first process, the shell, and ls itself.
    assert len(seen) <= 3


def test_a_container_that_hides_parts_of_proc_can_isolate_its_jobs(view: View) -> None:
    if not isolation._works("unshare-user"):
        pytest.skip("this machine has no user namespaces")
    program = "cat /opt/ml/mine; cat /proc/$PPID/environ /proc/[0-9]*/root/etc/hostname; true"
    (view.ml / "mine").write_text("mine")
    inner = isolation._command(
        "unshare-user", view, ["sh", "-c", program], {"PATH": os.environ["PATH"]}
    )
    hide = 'mount --bind /dev/null /proc/version && exec "$@"'
    container = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", hide, "sh"]
    done = subprocess.run(
        [*container, *inner.argv], env=inner.environment, capture_output=True, text=True
    )
    hostname = Path("/etc/hostname").read_text()
    assert done.stdout.startswith("mine"), done.stderr
    # Its own processes only: the namespace's first, the shell, and cat itself.
    assert done.stdout.count(hostname) <= 3


def test_a_process_without_network_has_its_own_loopback(method: Method, view: View) -> None:
    interfaces = "tail -n +3 /proc/net/dev | cut -d: -f1"
    program = f'{interfaces}; "$0" -c "{SERVE_AND_ASK}"'
    alone = replace(view, network=False)
    assert run(method, alone, program, sys.executable).split() == ["lo", "answered"]


SERVE_AND_ASK = (
    "import socket; s = socket.create_server(('127.0.0.1', 0)); "
    "socket.create_connection(s.getsockname()); print('answered')"
)


def test_the_guardian_ends_a_process_in_order(method: Method, view: View) -> None:
    program = "trap 'echo saved; exit 3' TERM; echo started; while true; do sleep 0.05; done"
    command = isolation._command(method, view, ["sh", "-c", program], {"PATH": os.environ["PATH"]})
    with subprocess.Popen(
        [*GUARDED, *command.argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=command.environment,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        process.stdin.close()
        assert process.stdout.read() == "saved\n"
        assert process.wait(30) == 3


def test_what_goes_away_before_the_start_does_no_harm(
    method: Method, view: View, tmp_path: Path
) -> None:
    passing = tmp_path / "hosts"
    passing.touch()
    command = isolation._command(
        method, replace(view, names=passing), ["true"], {"PATH": os.environ["PATH"]}
    )
    passing.unlink()
    subprocess.run(command.argv, env=command.environment, check=True)


def test_names_are_known_inside_and_the_arguments_arrive(
    method: Method, view: View, tmp_path: Path
) -> None:
    machine = Path("/etc/hosts").read_text()
    own = hosts.of_job(Workspace(view.ml.parent), 2)
    names = hosts.write_names("a-job", own, tmp_path)
    named = replace(view, names=names)
    seen = run(method, named, 'cat /etc/hosts; ls -d /opt/ml/output; echo "$0"', "a b")
    assert seen.startswith(machine.rstrip("\n"))
    lines = [line.split() for line in seen.splitlines() if "algo-" in line]
    assert [line[1] for line in lines] == ["algo-1", "algo-2"]
    assert lines[0][0].startswith("127.")
    assert lines[0][0] != lines[1][0]
    assert seen.splitlines()[-2:] == ["/opt/ml/output", "a b"]
    assert Path("/etc/hosts").read_text() == machine


def test_the_files_that_the_tables_name_are_shown_and_not_those_that_a_request_names() -> None:
    state = Path("/state")
    python = state / "environments" / "1" / "bin" / "python"
    image = Image(uri="mine:1", python=python, train=[str(python), "/state/train.py", "train"])
    assert set(image.shown) == {python.parent.parent, python, state / "train.py"}
    assert image.command(["cat"], ["/state/sagemaker.sqlite"])
    assert state / "sagemaker.sqlite" not in image.shown


def test_without_namespaces_the_log_says_what_is_not_isolated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(isolation, "method", lambda: "rewrite")
    said = "\n".join(isolation.note("job"))
    assert "the job can read and write what the local cloud itself can" in said


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


def test_a_job_of_the_local_cloud_cannot_read_another_jobs_files(jobs: Jobs) -> None:
    if isolation.method() == "rewrite":
        pytest.skip("this machine has no namespaces")
    assert (
        jobs.train("keeping", "echo secret > /opt/ml/output/secret")["TrainingJobStatus"]
        == "Completed"
    )
    kept = jobs.cloud.settings.jobs_dir / "training-job-keeping" / "ml" / "output" / "secret"
    assert kept.read_text() == "secret\n"
    state = jobs.cloud.settings.state_dir
    described = jobs.train(
        "curious", f"cat '{kept}'; ls -A '{state}' '{state}/tls'; ! cat '{kept}'"
    )
    assert described["TrainingJobStatus"] == "Completed", described
    log = jobs.log("training-job", "curious").splitlines()
    assert [line for line in log if not line.startswith(("[local cloud]", "cat:", "/"))] == [
        "jobs",
        "tls",
        "",
        "ca-bundle.pem",
        "localhost.pem",
    ]
