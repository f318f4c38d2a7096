"""`docker` in a build: a STAND-IN of the local cloud's, without Docker.

It knows `build`, `tag`, `push`, `pull`, `login`, `logout`, `images` and `version`; anything else
ends with an error. The images are folders (:mod:`local_cloud.builds.image_folder`).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import boto3

from local_cloud.builds import image_folder, registry
from local_cloud.builds.base_images import Bases
from local_cloud.builds.errors import BuildError
from local_cloud.builds.image_build import ImageBuild
from local_cloud.builds.workplace import STAND_IN, Workplace, full_name

COMMANDS = ("build", "tag", "push", "pull", "login", "logout", "images", "version")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BuildError(f"{self.prog}: {message}. {STAND_IN} has this form: {self.format_usage()}")


def main(arguments: Sequence[str]) -> int:
    """Answers the exit status."""
    try:
        _run(list(arguments), Workplace.of_environment())
    except BuildError as error:
        print(f"ERROR: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _run(arguments: list[str], place: Workplace) -> None:
    if arguments[:1] in (["--version"], ["version"]):
        print(f"{STAND_IN}, no Docker")
        return
    # `docker image build` and `docker buildx build` are the same command by other names.
    if arguments[:1] in (["image"], ["buildx"]) and arguments[1:2] == ["build"]:
        arguments = arguments[1:]
    command = arguments[0] if arguments else ""
    if command not in COMMANDS:
        raise BuildError(
            f"{STAND_IN} has no command {command or '(none)'!r}. It has: {', '.join(COMMANDS)}"
        )
    if not place.privileged:
        raise BuildError(
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker "
            "daemon running? (In CodeBuild it runs where the project's environment has "
            "privilegedMode.)"
        )
    {
        "build": _build,
        "tag": _tag,
        "push": _push,
        "pull": _pull,
        "login": _login,
        "logout": _logout,
        "images": _images,
    }[command](arguments[1:], place)


def _build(arguments: list[str], place: Workplace) -> None:
    parser = _Parser(prog="docker build", add_help=False, allow_abbrev=False)
    parser.add_argument("-t", "--tag", action="append", default=[])
    parser.add_argument("-f", "--file")
    parser.add_argument("--build-arg", action="append", default=[])
    parser.add_argument("--target", default="")
    parser.add_argument("--platform")
    parser.add_argument("--label", action="append", default=[])
    parser.add_argument("--provenance")
    parser.add_argument("--progress")
    for flag in ("-q", "--quiet", "--no-cache", "--pull", "--load", "--rm", "--push"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("path")
    given = parser.parse_args(arguments)
    context = Path(given.path)
    if not context.is_dir():
        raise BuildError(f"path {given.path!r} not found: the build's context is a folder here")
    if given.platform not in (None, "linux/amd64"):
        raise BuildError(f"--platform {given.platform}: SageMaker's instances are linux/amd64")
    print(f"{STAND_IN}: building {context.resolve()}", flush=True)
    scratch = place.docker / "builds"
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        made = Path(folder) / "image"
        made.mkdir()
        build = ImageBuild(
            context=context.resolve(),
            file=Path(given.file).resolve() if given.file else context.resolve() / "Dockerfile",
            folder=made,
            arguments=_build_arguments(given.build_arg),
            bases=_bases(place),
            tell=lambda line: print(line, flush=True),
            target=given.target,
        )
        digest = build.run()
        shutil.rmtree(made / "stages", ignore_errors=True)
        kept = image_folder.keep(made, place.docker / "images")
    print(f"Successfully built {digest}", flush=True)
    for tag in given.tag:
        place.tag(tag, kept)
        print(f"Successfully tagged {full_name(tag)}", flush=True)
        if given.push:
            _push([tag], place)


def _build_arguments(given: Sequence[str]) -> dict[str, str]:
    import os

    found = {}
    for word in given:
        name, equals, value = word.partition("=")
        if equals or name in os.environ:
            found[name] = value if equals else os.environ[name]
    return found


def _bases(place: Workplace) -> Bases:
    from local_cloud.json_api.errors import ValidationException
    from local_cloud.sagemaker.runner import images

    def known(name: str) -> bool:
        try:
            images.table_entry(place.settings, name)
        except ValidationException:
            return False
        return True

    return Bases(
        own_registry=place.registry,
        known=known,
        pull=lambda name: _pulled(name, place),
        logged_in=place.logged_in,
    )


def _pulled(name: str, place: Workplace) -> Path:
    from botocore.exceptions import ClientError

    image = registry.name_of(name, place.registry)
    if image is None:
        raise BuildError(f"invalid reference format: {name}")
    try:
        return registry.pull(_ecr(), image, place.settings.images_dir)
    except (LookupError, ClientError) as error:
        raise BuildError(f"manifest for {name} not found: manifest unknown: {error}") from error


def _tag(arguments: list[str], place: Workplace) -> None:
    if len(arguments) != 2:
        raise BuildError("docker tag takes an image's name and the new one")
    place.tag(arguments[1], _tagged(arguments[0], place))


def _tagged(name: str, place: Workplace) -> Path:
    folder = place.image(name)
    if folder is None:
        there = ", ".join(place.tags()) or "none"
        raise BuildError(f"No such image: {full_name(name)} (this build has: {there})")
    return folder


def _push(arguments: list[str], place: Workplace) -> None:
    names = [word for word in arguments if not word.startswith("-")]
    if len(names) != 1:
        raise BuildError("docker push takes one image's name")
    uri = full_name(names[0])
    folder = _tagged(uri, place)
    image = registry.name_of(uri, place.registry)
    if image is None:
        raise BuildError(
            f"cannot push {uri}: the local cloud has the registry {place.registry} only"
        )
    if not place.logged_in(place.registry):
        raise BuildError(f"denied: no basic auth credentials for {place.registry}")
    print(f"The push refers to repository [{place.registry}/{image.repository}]", flush=True)
    digest = registry.push(_ecr(), image, folder, place.settings.images_dir)
    size = len(image_folder.manifest(folder))
    print(f"{image.tag}: digest: {digest} size: {size}", flush=True)


def _pull(arguments: list[str], place: Workplace) -> None:
    names = [word for word in arguments if not word.startswith("-")]
    if len(names) != 1:
        raise BuildError("docker pull takes one image's name")
    if not names[0].startswith(f"{place.registry}/"):
        raise BuildError(f"the local cloud pulls from {place.registry} only, not {names[0]}")
    kept = image_folder.keep(_pulled(names[0], place), place.docker / "images")
    place.tag(names[0], kept)
    print(f"Pulled {names[0]}")


def _login(arguments: list[str], place: Workplace) -> None:
    parser = _Parser(prog="docker login", add_help=False, allow_abbrev=False)
    parser.add_argument("-u", "--username", required=True)
    parser.add_argument("--password-stdin", action="store_true")
    parser.add_argument("-p", "--password")
    parser.add_argument("server")
    given = parser.parse_args(arguments)
    password = sys.stdin.read().strip() if given.password_stdin else given.password
    if given.username != "AWS" or not password:
        raise BuildError(
            "login attempt failed: an ECR registry takes the user AWS and the password of "
            "`aws ecr get-login-password`"
        )
    host = given.server.removeprefix("https://").split("/")[0]
    place.log_in(host)
    print("Login Succeeded")


def _logout(arguments: list[str], place: Workplace) -> None:
    for host in arguments:
        place.log_out(host)


def _images(_arguments: list[str], place: Workplace) -> None:
    for tag in place.tags():
        print(tag)


def _ecr() -> Any:
    # Role, endpoint and authority are in the build's environment.
    return boto3.client("ecr")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
