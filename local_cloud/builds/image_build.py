"""`docker build` without Docker: from a Dockerfile and its context to an image folder."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from local_cloud.builds import copying, dockerfile, image_folder, run_instruction
from local_cloud.builds.base_images import Bases
from local_cloud.builds.dockerfile import Instruction
from local_cloud.builds.errors import BuildError
from local_cloud.builds.image_folder import ImageConfig

# What BuildKit defines in every build without a declaration's default.
_PREDEFINED = {"TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETARCH": "amd64"}
_TOLD = {"EXPOSE", "USER", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "MAINTAINER", "SHELL"}
BASE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Stage:
    """One FROM and what follows it; ``root`` holds its files."""

    name: str
    config: ImageConfig
    root: Path
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class ImageBuild:
    """Builds into ``folder``; ``tell`` gets the lines of the build's output."""

    context: Path
    file: Path
    folder: Path
    arguments: Mapping[str, str]
    bases: Bases
    tell: Callable[[str], None]
    target: str = ""
    _stages: list[Stage] = field(default_factory=list)
    _global: dict[str, str] = field(default_factory=dict)

    def run(self) -> str:
        """Answers the image's digest. Raises BuildError."""
        try:
            text = self.file.read_text(encoding="utf-8")
        except OSError as error:
            raise BuildError(f"failed to read dockerfile: {error}") from error
        instructions = dockerfile.parse(text, file=self.file.name)
        self._excluded = copying.dockerignore(self.context, self.file)
        for number, instruction in enumerate(instructions, start=1):
            if self.target and self._past_target(instruction):
                break
            shown = f"{instruction.name} {instruction.arguments}"
            self.tell(f"Step {number}/{len(instructions)} : {shown}")
            self._do(instruction)
        stage = self._stages[-1]
        shutil.copytree(stage.root, self.folder / image_folder.ROOT, symlinks=True)
        return image_folder.write(self.folder, stage.config)

    def _past_target(self, instruction: Instruction) -> bool:
        return instruction.name == "FROM" and self.target in [one.name for one in self._stages]

    def _do(self, instruction: Instruction) -> None:
        if instruction.name == "FROM":
            self._from(instruction)
        elif instruction.name == "ARG":
            self._argument(instruction)
        elif not self._stages:
            raise BuildError(f"{instruction.where}: no build stage in current context: FROM first")
        elif instruction.name in _TOLD:
            self.tell(f" ---> told, not followed in the local cloud: {instruction.name}")
        else:
            work = {
                "ENV": self._environment,
                "LABEL": self._label,
                "WORKDIR": self._workdir,
                "COPY": self._copy,
                "ADD": self._copy,
                "ENTRYPOINT": self._entrypoint,
                "CMD": self._command,
                "RUN": self._run,
            }[instruction.name]
            work(instruction, self._stages[-1])

    def _from(self, instruction: Instruction) -> None:
        words = dockerfile.expand(instruction.arguments, {**_PREDEFINED, **self._global}).split()
        named = len(words) == 3 and words[1].upper() == "AS"
        if not (len(words) == 1 or named):
            raise BuildError(f"{instruction.where}: FROM takes an image and perhaps AS a name")
        name = words[2] if named else ""
        root = self.folder / "stages" / str(len(self._stages))
        before = self._find_stage(words[0])
        if before:
            shutil.copytree(before.root, root, symlinks=True)
            stage = Stage(name, copy.deepcopy(before.config), root)
        else:
            base = self.bases.find(words[0], instruction.where)
            self.tell(f" ---> {base.note}")
            root.mkdir(parents=True)
            if base.files is not None:
                shutil.copytree(base.files, root, symlinks=True, dirs_exist_ok=True)
            stage = Stage(name, base.config, root)
        path = ":".join([*stage.config.path, BASE_PATH])
        stage.variables = {**_PREDEFINED, "PATH": path, **stage.config.environment}
        self._stages.append(stage)

    def _find_stage(self, name: str) -> Stage | None:
        for number, stage in enumerate(self._stages):
            if name in (stage.name or None, str(number)):
                return stage
        return None

    def _argument(self, instruction: Instruction) -> None:
        variables = self._stages[-1].variables if self._stages else self._global
        for word in instruction.words():
            name, equals, default = word.partition("=")
            if name in self.arguments:
                variables[name] = self.arguments[name]
            elif equals:
                variables[name] = dockerfile.expand(default, variables)
            elif self._stages and name in self._global:
                variables[name] = self._global[name]

    def _environment(self, instruction: Instruction, stage: Stage) -> None:
        for name, value in dockerfile.pairs(instruction, stage.variables).items():
            stage.variables[name] = value
            if name == "PATH":
                base = BASE_PATH.split(":")
                stage.config.path = [one for one in value.split(":") if one and one not in base]
            else:
                stage.config.environment[name] = value

    def _label(self, instruction: Instruction, stage: Stage) -> None:
        stage.config.labels |= dockerfile.pairs(instruction, stage.variables)

    def _workdir(self, instruction: Instruction, stage: Stage) -> None:
        given = dockerfile.expand(instruction.arguments.strip("\"'"), stage.variables)
        stage.config.workdir = str(PurePosixPath(stage.config.workdir or "/") / given)
        copying.inside(stage.root, stage.config.workdir).mkdir(parents=True, exist_ok=True)

    def _copy(self, instruction: Instruction, stage: Stage) -> None:
        words = instruction.json_words() or instruction.words()
        words = [dockerfile.expand(word, stage.variables) for word in words]
        if len(words) < 2:
            raise BuildError(f"{instruction.where}: {instruction.name} takes sources and a target")
        if instruction.name == "ADD":
            self._check_add(instruction, words[:-1])
        *sources, target = words
        folder = target.endswith(("/", "/.")) or target == "."
        absolute = str(PurePosixPath(stage.config.workdir or "/") / target)
        mode = instruction.flags.get("chmod")
        try:
            copying.copy(
                sources,
                self._source_root(instruction),
                absolute + "/" if folder and absolute != "/" else absolute,
                stage.root,
                mode=int(mode, 8) if mode else None,
                excluded=copying.nothing_excluded
                if "from" in instruction.flags
                else self._excluded,
            )
        except BuildError as error:
            raise BuildError(f"{instruction.where}: {error}") from error
        except ValueError as error:
            raise BuildError(
                f"{instruction.where}: --chmod={mode}: only octal modes such as 755"
            ) from error

    def _check_add(self, instruction: Instruction, sources: list[str]) -> None:
        archives = (".tar", ".gz", ".tgz", ".bz2", ".xz", ".git")
        if any("://" in source or source.endswith(archives) for source in sources):
            raise BuildError(
                f"{instruction.where}: the local cloud's ADD neither fetches nor unpacks: "
                "use COPY with files of the context"
            )

    def _source_root(self, instruction: Instruction) -> Path:
        name = instruction.flags.get("from")
        if name is None:
            return self.context
        stage = self._find_stage(name)
        if stage is None:
            raise BuildError(
                f"{instruction.where}: COPY --from={name}: the local cloud copies from stages of "
                "the same Dockerfile only"
            )
        return stage.root

    def _entrypoint(self, instruction: Instruction, stage: Stage) -> None:
        stage.config.entrypoint = _program(instruction)
        stage.config.command = None

    def _command(self, instruction: Instruction, stage: Stage) -> None:
        stage.config.command = _program(instruction)

    def _run(self, instruction: Instruction, stage: Stage) -> None:
        text = dockerfile.expand(instruction.arguments, stage.variables)
        commands = run_instruction.commands_of(text, instruction.json_words(), instruction.where)

        def tell(line: str) -> None:
            self.tell(f" ---> {line}")

        try:
            run_instruction.run(commands, stage.config, stage.root, tell)
        except BuildError as error:
            raise BuildError(f"{instruction.where}: {error}") from error


def _program(instruction: Instruction) -> list[str]:
    words = instruction.json_words()
    return words if words is not None else ["/bin/sh", "-c", instruction.arguments]
