"""What a Dockerfile makes of an image."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local_cloud.builds import image_folder
from local_cloud.builds.base_images import MACHINE, Bases
from local_cloud.builds.errors import BuildError
from local_cloud.builds.image_build import ImageBuild
from local_cloud.builds.image_folder import ImageConfig
from tests.unit.local_cloud.builds.conftest import FRAMEWORK

REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com"


@dataclass
class Bench:
    """Builds images of a Dockerfile and a few files."""

    folder: Path
    output: list[str] = field(default_factory=list)
    logins: set[str] = field(default_factory=set)
    number: int = 0

    def build(
        self,
        dockerfile: str,
        files: Mapping[str, str] | None = None,
        arguments: Mapping[str, str] | None = None,
        target: str = "",
    ) -> tuple[ImageConfig, Path, str]:
        """Answers the image's configuration, its files and its digest."""
        self.number += 1
        context = self.folder / f"context-{self.number}"
        for name, text in {"Dockerfile": dockerfile, **(files or {})}.items():
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            (context / name).write_text(text)
        made = self.folder / f"image-{self.number}"
        made.mkdir()
        digest = ImageBuild(
            context=context,
            file=context / "Dockerfile",
            folder=made,
            arguments=arguments or {},
            bases=Bases(
                own_registry=REGISTRY,
                known=lambda name: "tensorflow" in name,
                pull=lambda name: self.folder / "image-1",
                logged_in=self.logins.__contains__,
            ),
            tell=self.output.append,
            target=target,
        ).run()
        return image_folder.read(made), made / "root", digest


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_the_same_files_and_instructions_have_the_same_digest(bench: Bench) -> None:
    text = "FROM python:3.12\nCOPY a /a/\n"
    _, root, first = bench.build(text, {"a/x": "1"})
    os.utime(root / "a" / "x", (1, 1))
    assert bench.build(text, {"a/x": "1"})[2] == first
    assert bench.build(text, {"a/x": "2"})[2] != first
    assert bench.build(text + "ENV A=1\n", {"a/x": "1"})[2] != first
    assert image_folder.digest_of(image_folder.manifest(root.parent)) == first


def test_variables_are_put_in_as_docker_does(bench: Bench) -> None:
    config, root, _ = bench.build(
        """
        ARG PYTHON=3.12
        FROM python:${PYTHON}-slim
        ARG WHO
        ARG COLOUR=green
        ENV A=${WHO:-nobody} B="two words" C=$A_B D=\\$A
        ENV OLD the rest
        WORKDIR /srv
        WORKDIR $COLOUR
        COPY x .
        LABEL made.by=$WHO
        """,
        {"x": "1"},
        {"WHO": "rook"},
    )
    assert config.environment["A"] == "rook"
    assert config.environment["B"] == "two words"
    assert config.environment["C"] == ""
    assert config.environment["OLD"] == "the rest"
    assert config.labels == {"made.by": "rook"}
    assert config.workdir == "/srv/green"
    assert (root / "srv" / "green" / "x").is_file()
    assert config.base == MACHINE


def test_path_keeps_the_folders_that_the_image_puts_before(bench: Bench) -> None:
    config, _, _ = bench.build('FROM python:3.12\nENV PATH="/opt/program:${PATH}"\n')
    assert config.path == ["/opt/program"]


def test_programs_are_kept_in_both_forms(bench: Bench) -> None:
    config, _, _ = bench.build('FROM python:3.12\nENTRYPOINT ["python", "run.py"]\nCMD echo $A\n')
    assert config.entrypoint == ["python", "run.py"]
    assert config.command == ["/bin/sh", "-c", "echo $A"]


def test_copy_takes_files_folders_patterns_and_modes(bench: Bench) -> None:
    _, root, _ = bench.build(
        """
        FROM python:3.12
        WORKDIR /w
        COPY --chmod=755 run /usr/local/bin/run
        COPY src /src
        COPY *.txt ["a b.md", "texts/"] texts/
        """.replace('["a b.md", "texts/"] ', ""),
        {"run": "r", "src/deep/x": "1", "one.txt": "1", "two.txt": "2"},
    )
    assert os.access(root / "usr/local/bin/run", os.X_OK)
    assert (root / "src/deep/x").is_file()
    assert sorted(one.name for one in (root / "w/texts").iterdir()) == ["one.txt", "two.txt"]


def test_dockerignore_leaves_files_out(bench: Bench) -> None:
    _, root, _ = bench.build(
        "FROM python:3.12\nCOPY . /all\n",
        {".dockerignore": "**/*.pyc\ndata\n!data/kept\n", "a/b.pyc": "", "a/b.py": "", "data/x": "",
         "data/kept": ""},
    )  # fmt: skip
    found = {one.relative_to(root / "all").as_posix() for one in root.rglob("*") if one.is_file()}
    assert found == {".dockerignore", "Dockerfile", "a/b.py", "data/kept"}


def test_a_file_that_is_not_there_is_named_with_its_line(bench: Bench) -> None:
    with pytest.raises(BuildError, match="Dockerfile, line 2: missing: not found"):
        bench.build("FROM python:3.12\nCOPY missing /x\n")


def test_a_stage_gives_its_files_to_the_next(bench: Bench) -> None:
    text = """
    FROM python:3.12 AS first
    ENV A=1
    COPY x /made/x
    FROM first AS second
    COPY x /other
    FROM python:3.12
    COPY --from=first /made /got
    """
    config, root, _ = bench.build(text, {"x": "1"})
    assert config.environment == {}
    assert (root / "got" / "x").is_file()
    assert not (root / "made").exists()
    config, root, _ = bench.build(text, {"x": "1"}, target="second")
    assert config.environment == {"A": "1"}
    assert (root / "made" / "x").is_file()
    assert (root / "other").is_file()


def test_files_of_other_images_cannot_be_copied(bench: Bench) -> None:
    with pytest.raises(BuildError, match="from stages of the same Dockerfile only"):
        bench.build("FROM python:3.12\nCOPY --from=nginx:latest /etc/nginx /etc/nginx\n")


def test_all_unknown_instructions_are_named_with_their_lines(bench: Bench) -> None:
    with pytest.raises(BuildError) as told:
        bench.build("FROM python:3.12\n\n# fine\nRUNN x \\\n  y\nCOPPY a b\n")
    assert "Dockerfile, line 4: unknown instruction: RUNN" in str(told.value)
    assert "Dockerfile, line 6: unknown instruction: COPPY" in str(told.value)


def test_a_framework_image_needs_a_login_and_is_the_base(bench: Bench) -> None:
    with pytest.raises(BuildError, match="no basic auth credentials"):
        bench.build(f"FROM {FRAMEWORK}\n")
    bench.logins.add(FRAMEWORK.split("/")[0])
    config, _, _ = bench.build(f"FROM {FRAMEWORK}\nRUN pip install rich==14.*\n")
    assert config.base == FRAMEWORK
    assert config.packages == ["rich==14.*"]


def test_a_base_that_nothing_stands_for_is_refused(bench: Bench) -> None:
    with pytest.raises(BuildError, match="nothing that stands for the base image nvidia/cuda:12"):
        bench.build("FROM nvidia/cuda:12\n")


def test_an_image_of_this_registry_is_gone_on_from(bench: Bench) -> None:
    bench.build("FROM python:3.12\nENV A=1\nCOPY x /x\n", {"x": "1"})
    bench.logins.add(REGISTRY)
    config, root, _ = bench.build(f"FROM {REGISTRY}/first:one\nENV B=2\n")
    assert config.environment == {"A": "1", "B": "2"}
    assert (root / "x").is_file()


def test_what_is_not_run_is_told(bench: Bench) -> None:
    bench.build(
        """
        FROM python:3.12
        COPY train /opt/program/train
        RUN set -eux; apt-get update && useradd -m app && chmod 755 /opt/program/train \\
            && mkdir -p /data && pip3 install --no-cache-dir 'rich>=13' --quiet
        EXPOSE 8080
        """,
        {"train": "#!/bin/sh\n"},
    )
    text = "\n".join(bench.output)
    assert "not run in the local cloud: apt-get update" in text
    assert "not run in the local cloud: useradd -m app" in text
    assert "done on the image's files: chmod 755 /opt/program/train" in text
    assert "packages of the image: rich>=13" in text
    root = bench.folder / "image-1" / "root"
    assert os.access(root / "opt/program/train", os.X_OK)
    assert (root / "data").is_dir()


def test_requirement_files_are_read_with_those_that_they_name(bench: Bench) -> None:
    config, _, _ = bench.build(
        "FROM python:3.12\nCOPY *.txt /tmp/\nRUN python3 -m pip install -U -r /tmp/a.txt\n",
        {
            "a.txt": "# all\n-r b.txt\nflask[async]>=3 ; python_version >= '3.8'\n",
            "b.txt": "gunicorn==23.0.0 --hash=sha256:1\npywin32; sys_platform == 'win32'\n",
        },
    )
    assert config.packages == ["gunicorn==23.0.0", "flask[async]>=3"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("pip install .", "'.' is no requirement"),
        ("pip install -e /src", "pip install -e: the local cloud records packages by name only"),
        ("pip install a@https://example.org/a.whl", "installs nothing from addresses"),
        ("pip install -r none.txt", "Could not open requirements file"),
    ],
)
def test_what_pip_cannot_be_asked_for_by_name_is_refused(
    bench: Bench, command: str, told: str
) -> None:
    with pytest.raises(BuildError, match="Dockerfile, line 2") as refused:
        bench.build(f"FROM python:3.12\nRUN {command}\n")
    assert told in str(refused.value)
