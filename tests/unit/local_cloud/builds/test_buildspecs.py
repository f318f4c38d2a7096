"""How a buildspec's phases follow each other."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
import yaml

from local_cloud.builds import buildspec, shell_script
from local_cloud.builds.errors import BuildError

SECRET = "mark-of-this-test"


def run(phases: dict[str, Any]) -> tuple[int, list[str], list[str]]:
    """Answers exit status, what the commands said, and the ends of the phases."""
    text = yaml.safe_dump({"version": 0.2, "phases": phases})
    spec = buildspec.parse(text, where="here")
    script = shell_script.script(spec.phases, SECRET)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    said, ends = [], []
    for line in done.stdout.splitlines():
        mark = shell_script.mark_of(line, SECRET)
        if mark is None:
            said.append(line)
        elif mark.event == "end":
            ends.append(f"{mark.phase} {mark.numbers[0]}")
    return done.returncode, [line for line in said if "[Container]" not in line], ends


def test_post_build_follows_a_failed_build_and_knows_of_it() -> None:
    status, said, ends = run(
        {
            "build": {"commands": ["echo one", "false", "echo two"]},
            "post_build": {"commands": ["echo $CODEBUILD_BUILD_SUCCEEDING"]},
        }
    )
    assert (status, said, ends) == (1, ["one", "0"], ["BUILD 0", "POST_BUILD 1"])


def test_a_phase_that_aborts_is_the_last() -> None:
    build = {"commands": ["false"], "on-failure": "ABORT"}
    assert run({"build": build, "post_build": {"commands": ["echo x"]}}) == (1, [], ["BUILD 0"])


def test_a_phase_that_continues_fails_no_build() -> None:
    install = {"commands": ["false"], "on-failure": "CONTINUE"}
    status, said, ends = run({"install": install, "build": {"commands": ["echo x"]}})
    assert (status, said, ends) == (0, ["x"], ["INSTALL 0", "BUILD 1"])


def test_finally_runs_after_a_failure() -> None:
    build = {"commands": ["false"], "finally": ["echo at last"]}
    assert run({"build": build}) == (1, ["at last"], ["BUILD 0"])


def test_a_command_of_several_lines_is_one_command() -> None:
    command = "if true; then\n  WORD=rook\nfi"
    said = run({"build": {"commands": [command, "echo $WORD 'it''s'"]}})[1]
    assert said[-1] == "rook its"


def test_a_command_that_yaml_takes_for_a_mapping_is_told() -> None:
    text = "version: 0.2\nphases:\n  build:\n    commands:\n      - echo a: b\n"
    with pytest.raises(BuildError, match="command 1 is no text: put it into quotes"):
        buildspec.parse(text, where="here")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version: 0.2\nartifacts: {files: [x]}\n", "artifacts"),
        ("version: 0.2\nenv: {parameter-store: {A: b}}\n", "env.parameter-store"),
        ("version: 0.2\nenv: {shell: powershell.exe}\n", "env.shell"),
        ("version: 0.2\nphases: {build: {commands: echo}}\n", "must be a list of commands"),
        ("just text\n", "no mapping"),
        ("a: [\n", "is not YAML"),
    ],
)
def test_what_builds_here_do_not_have_is_refused(text: str, told: str) -> None:
    with pytest.raises(BuildError) as refused:
        buildspec.parse(text, where="here")
    assert str(refused.value).startswith("YAML_FILE_ERROR: ")
    assert told in str(refused.value)


def test_what_looks_like_a_mark_is_none_without_the_builds_secret() -> None:
    assert shell_script.mark_of("another-mark end BUILD 1", SECRET) is None
