"""Set-up for `make`: a virtual environment with pinned packages, and the pinned CDK CLI.

Standard library only, since it runs before anything is installed. Does nothing, quickly,
when what is installed matches the requirements files; an interrupted set-up is simply
taken up again by the next one.

    python3 scripts/set_up.py local    # what `make demo` needs
    python3 scripts/set_up.py dev      # what `make test` needs besides
    python3 scripts/set_up.py dev torch    # and what workloads in PyTorch need
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
REQUIREMENTS = {
    "local": ["requirements.txt", "requirements-local-cloud.txt", "requirements-local.txt"],
    "dev": [
        "requirements.txt",
        "requirements-local-cloud.txt",
        "requirements-local.txt",
        "requirements-dev.txt",
    ],
}
COMPILED = ".compiled"
EXTRAS = {"torch": ["requirements-torch.txt"]}
# The framework in the training image comes first: TensorFlow has builds for these alone,
# and 3.12 is what AWS's containers run.
PYTHONS = ["python3.12", "python3.11", "python3", "python", "python3.13"]
OLDEST_PYTHON, FIRST_UNSUPPORTED_PYTHON = (3, 11), (3, 14)
OLDEST_NODE = 20


class SetUpError(Exception):
    """What is missing on this machine, and what to do about it."""


def main(arguments: list[str]) -> int:
    level, extras = (arguments[0], arguments[1:]) if arguments else ("", [])
    if level not in REQUIREMENTS or not set(extras) <= set(EXTRAS):
        levels, known = "|".join(REQUIREMENTS), "|".join(EXTRAS)
        print(f"usage: python3 scripts/set_up.py {levels} [{known}]", file=sys.stderr)
        return 2
    try:
        with only_one_set_up():
            set_up_python(level, REQUIREMENTS[level])
            for extra in extras:
                set_up_python(extra, EXTRAS[extra])
            compile_packages()
            write_command(VENV / "bin" / "rookery")
            set_up_node()
    except SetUpError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up: stopped; the next `make` goes on from here", file=sys.stderr)
        return 130
    return 0


@contextmanager
def only_one_set_up() -> Iterator[None]:
    """Two `make` at once must not install into one environment at the same time."""
    local = ROOT / ".local"
    local.mkdir(exist_ok=True)
    with (local / "set-up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is running in this folder; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def set_up_python(what: str, requirements: list[str]) -> None:
    """Install the last of these files, which names the others, unless that was done."""
    files = [ROOT / name for name in requirements]
    wanted = digest([*files, ROOT / "constraints.txt"])
    stamp = VENV / f".installed-{what}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    if not venv_works():
        create_venv()
    (VENV / COMPILED).unlink(missing_ok=True)
    say(f"installing {files[-1].name} into .venv (the first time takes some minutes)")
    started = time.monotonic()
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    command += ["--no-compile", "--disable-pip-version-check", "--requirement", str(files[-1])]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        raise SetUpError(
            "pip could not install the packages (its own words are above); "
            "put that right and run make again"
        )
    stamp.write_text(wanted)
    say(f"Python packages ready after {time.monotonic() - started:.0f} s")


def compile_packages() -> None:
    """On all cores, where pip uses one. Jobs see the packages read-only, and would compile what
    they import each time."""
    if (VENV / COMPILED).is_file():
        return
    started = time.monotonic()
    compiler = [str(VENV / "bin" / "python"), "-m", "compileall", "-qq", "-j", "0"]
    # Its status tells of files for other versions of Python, which some packages carry.
    subprocess.run([*compiler, str(VENV / "lib")], check=False)
    (VENV / COMPILED).touch()
    say(f"packages compiled after {time.monotonic() - started:.0f} s")


def write_command(file: Path) -> None:
    """The operators' command. It is no package: this folder stays the one place of its code."""
    python = VENV / "bin" / "python"
    lines = [
        "#!/bin/sh",
        "# Written by scripts/set_up.py: `python -m operate` of this repository, from any folder.",
        f"export PYTHONSAFEPATH=1 PYTHONPATH={shlex.quote(str(ROOT))}",
        f'exec {shlex.quote(str(python))} -m operate "$@"',
    ]
    text = "\n".join(lines) + "\n"
    if not file.is_file() or file.read_text() != text:
        file.write_text(text)
    file.chmod(0o755)


def venv_works() -> bool:
    python = VENV / "bin" / "python"
    return python.exists() and (
        subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True).returncode == 0
    )


def create_venv() -> None:
    python = find_python()
    say(f"creating .venv with {python}")
    # VENV may be a link that somebody made on purpose: only a real folder is ours to remove.
    if VENV.is_dir() and not VENV.is_symlink():
        shutil.rmtree(VENV)
    made = subprocess.run([python, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if made.returncode != 0:
        raise SetUpError(
            f"`{python} -m venv` failed:\n{made.stdout}{made.stderr}"
            "On Debian and Ubuntu `apt-get install python3-venv` brings what is missing."
        )


def find_python() -> str:
    """The path of the first suitable interpreter; PYTHON in the environment overrides."""
    chosen = os.environ.get("PYTHON")
    rejected = []
    for name in [chosen] if chosen else PYTHONS:
        path = shutil.which(name)
        version = python_version(path) if path else None
        if path and version and OLDEST_PYTHON <= version < FIRST_UNSUPPORTED_PYTHON:
            return path
        rejected.append(f"{name}: {'.'.join(map(str, version)) if version else 'not there'}")
    raise SetUpError(
        f"needs Python 3.11, 3.12 or 3.13, found {'; '.join(rejected)}. Install one, or name "
        "it: make demo PYTHON=/path/to/python3.12"
    )


def python_version(path: str) -> tuple[int, int] | None:
    code = "import sys; print(*sys.version_info[:2])"
    answer = subprocess.run([path, "-c", code], capture_output=True, text=True)
    if answer.returncode != 0:
        return None
    major, minor = answer.stdout.split()
    return int(major), int(minor)


def set_up_node() -> None:
    check_node()
    wanted = digest([ROOT / "package.json", ROOT / "package-lock.json"])
    stamp = ROOT / "node_modules" / ".installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say("installing the AWS CDK CLI into node_modules")
    install = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(install, cwd=ROOT).returncode:
        raise SetUpError("npm could not install the CDK CLI (its own words are above)")
    stamp.write_text(wanted)


def check_node() -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise SetUpError(f"needs Node.js {OLDEST_NODE} or newer with npm: the AWS CDK runs on it")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        raise SetUpError(f"needs Node.js {OLDEST_NODE} or newer, {node} is {version}")


def digest(files: list[Path]) -> str:
    """SHA-256 (hex) over the files' contents, in order."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def say(line: str) -> None:
    print(f"set-up: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
