"""Stands for the ``train`` command of AWS's framework images: script mode.

Keeps to what https://github.com/aws/sagemaker-training-toolkit documents: which hyperparameters
are its own, the SM_* variables, the command line of the script, ``/opt/ml/output/failure``.
The toolkit itself is on PyPI but pins protobuf below 4, which TensorFlow 2.19 excludes.

Runs in the job's own Python, so it imports the standard library, boto3 and its siblings only.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
import zipfile
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_cloud.containers import torch_launch
from local_cloud.containers.archives import extract

BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
OWN_PREFIX = "sagemaker_"
ERROR_LINES = 12
ERROR_CHARACTERS = 700


class ToolkitError(Exception):
    """Why the script could not be started."""


def main() -> int:
    config = BASE / "input" / "config"
    hyperparameters = decode(read_json(config / "hyperparameters.json"))
    own = {k: v for k, v in hyperparameters.items() if k.startswith(OWN_PREFIX)}
    own.setdefault("sagemaker_program", os.environ.get("SAGEMAKER_PROGRAM"))
    own.setdefault("sagemaker_submit_directory", os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY"))
    script_arguments = {k: v for k, v in hyperparameters.items() if k not in own}
    code = BASE / "code"
    try:
        program = fetch_code(own, code)
        packages = install_requirements(code / "requirements.txt")
        launch = launcher(program, own, read_json(config / "resourceconfig.json"))
    except (ToolkitError, torch_launch.LaunchError) as error:
        write_failure(f"ClientError: {error}")
        print(f"training toolkit: {error}", file=sys.stderr)
        return 1
    environment = {
        **os.environ,
        **sm_variables(own, script_arguments, config, code),
        "PYTHONPATH": os.pathsep.join(str(path) for path in (code, packages, *own_path()) if path),
    }
    if torch_launch.wanted(own):
        environment |= torch_launch.variables(read_json(config / "resourceconfig.json"))
    command = [*launch, *to_arguments(script_arguments)]
    print(f"Invoking script with the following command:\n\n{shlex.join(command)}\n", flush=True)
    return run(command, code, environment)


def own_path() -> list[str]:
    """PYTHONPATH of the image, without the folder that this stand-in itself is imported from."""
    stand_in = Path(__file__).resolve().parents[2]
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [path for path in given if path and Path(path).resolve() != stand_in]


def decode(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Values are JSON where they parse as JSON, else the text itself."""
    decoded: dict[str, Any] = {}
    for name, text in hyperparameters.items():
        try:
            decoded[name] = json.loads(text)
        except (TypeError, ValueError):
            decoded[name] = text
    return decoded


def fetch_code(own: Mapping[str, Any], code: Path) -> str:
    """Unpack sagemaker_submit_directory to ``/opt/ml/code``; answers the program's name."""
    program, source = own.get("sagemaker_program"), own.get("sagemaker_submit_directory")
    if not program:
        raise ToolkitError("the hyperparameter sagemaker_program is missing")
    if source:
        unpack(str(source), code)
    if not (code / program).is_file():
        there = ", ".join(sorted(path.name for path in code.iterdir())[:20])
        raise ToolkitError(f"sagemaker_program {program!r} is not in {source}: it holds {there}")
    return str(program)


def unpack(source: str, code: Path) -> None:
    if source.startswith("s3://"):
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError

        bucket, _, key = source.removeprefix("s3://").partition("/")
        archive = BASE / "input" / "config" / "sourcedir.tar.gz"
        try:
            boto3.client("s3").download_file(bucket, key, str(archive))
        except (BotoCoreError, ClientError) as error:
            # The former where an isolated job has neither network nor credentials.
            raise ToolkitError(f"cannot read {source}: {error}") from error
        source = str(archive)
    try:
        with tarfile.open(source) as tar:
            extract(tar, code)
    except tarfile.TarError as error:
        kind = "a zip file" if zipfile.is_zipfile(source) else str(error)
        raise ToolkitError(f"sagemaker_submit_directory is no tar.gz: {kind}") from error


def install_requirements(file: Path) -> Path | None:
    """What requirements.txt asks for and this Python lacks, into a folder of the job's own."""
    if not file.is_file():
        return None
    target = BASE / "packages"
    lines = [line.split("#")[0].strip() for line in file.read_text().splitlines()]
    if all(installed(line) for line in lines if line):
        return None
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target)]
    # pip takes no prefix, which a job has for packages that it installs itself, beside a target.
    environment = {name: text for name, text in os.environ.items() if name != "PIP_PREFIX"}
    done = subprocess.run(
        [*command, "-r", str(file)], capture_output=True, text=True, env=environment
    )
    if done.returncode:
        raise ToolkitError(f"pip cannot install {file.name}: {done.stderr.strip()[-500:]}")
    return target


def installed(line: str) -> bool:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line)
        version = importlib.metadata.version(requirement.name)
    except (InvalidRequirement, importlib.metadata.PackageNotFoundError):
        return False
    return requirement.specifier.contains(version, prereleases=True)


def sm_variables(
    own: Mapping[str, Any], script_arguments: Mapping[str, Any], config: Path, code: Path
) -> dict[str, str]:
    """SM_* as the toolkit's ENVIRONMENT_VARIABLES.md lists them."""
    resources = read_json(config / "resourceconfig.json")
    channels = read_json(config / "inputdataconfig.json")
    folders = {name: str(BASE / "input" / "data" / name) for name in channels}
    gpus = count_gpus()
    variables: dict[str, Any] = {
        "SM_MODEL_DIR": str(BASE / "model"),
        "SM_INPUT_DIR": str(BASE / "input"),
        "SM_INPUT_CONFIG_DIR": str(config),
        "SM_OUTPUT_DIR": str(BASE / "output"),
        "SM_OUTPUT_DATA_DIR": str(BASE / "output" / "data"),
        "SM_OUTPUT_INTERMEDIATE_DIR": str(BASE / "output" / "intermediate"),
        "SM_CHANNELS": sorted(channels),
        "SM_INPUT_DATA_CONFIG": channels,
        "SM_HPS": dict(script_arguments),
        "SM_HOSTS": resources["hosts"],
        "SM_CURRENT_HOST": resources["current_host"],
        "SM_MASTER_ADDR": resources["hosts"][0],
        "SM_MASTER_PORT": "7777",
        "SM_CURRENT_INSTANCE_TYPE": resources.get("current_instance_type", ""),
        "SM_RESOURCE_CONFIG": resources,
        "SM_NUM_CPUS": os.cpu_count() or 1,
        "SM_NUM_GPUS": gpus,
        "SM_LOG_LEVEL": own.get("sagemaker_container_log_level", 20),
        "SM_USER_ENTRY_POINT": own["sagemaker_program"],
        "SM_MODULE_NAME": Path(str(own["sagemaker_program"])).stem,
        "SM_MODULE_DIR": own.get("sagemaker_submit_directory") or str(code),
        "SM_USER_ARGS": to_arguments(script_arguments),
        "SM_FRAMEWORK_PARAMS": dict(own),
    }
    for name, folder in folders.items():
        variables[f"SM_CHANNEL_{variable_name(name)}"] = folder
    for name, value in script_arguments.items():
        variables[f"SM_HP_{variable_name(name)}"] = value
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in variables.items()}


def variable_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name).upper()


def count_gpus() -> int:
    """GPUs as nvidia-smi lists them; 0 where there is no such program."""
    try:
        listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True)
    except FileNotFoundError:
        return 0
    return listed.stdout.count("GPU ") if listed.returncode == 0 else 0


def launcher(program: str, own: Mapping[str, Any], resources: Mapping[str, Any]) -> list[str]:
    """The command line up to the script's own arguments. Raises LaunchError."""
    if torch_launch.wanted(own):
        return torch_launch.command(program, resources, count_gpus(), os.environ)
    if program.endswith(".py"):
        return [sys.executable, program]
    return ["/bin/sh", "-c", f'"./{program}" "$@"', program]


def to_arguments(values: Mapping[str, Any]) -> list[str]:
    """``--name value``, sorted by name; one dash for a name of one letter."""
    arguments: list[str] = []
    for name in sorted(values):
        value = values[name]
        text = value if isinstance(value, str) else _text(value)
        arguments += [f"-{name}" if len(name) == 1 else f"--{name}", text]
    return arguments


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def run(command: list[str], code: Path, environment: Mapping[str, str]) -> int:
    """The script's lines pass through; its last ones become the failure's ErrorMessage."""
    tail: deque[str] = deque(maxlen=ERROR_LINES)
    process = subprocess.Popen(
        command, cwd=code, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    forward_signals(process)
    for raw in process.stdout or []:
        line = raw.decode("utf-8", errors="replace")
        sys.stdout.write(line)
        sys.stdout.flush()
        if line.strip():
            tail.append(line.rstrip())
    exit_code = process.wait()
    if exit_code:
        message = "\n".join(tail)[-ERROR_CHARACTERS:]
        write_failure(
            f'ExecuteUserScriptError:\nExitCode {exit_code}\nErrorMessage "{message}"\n'
            f'Command "{shlex.join(command)}"'
        )
        return exit_code if exit_code > 0 else 1
    (BASE / "output" / "success").touch()
    return 0


def forward_signals(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, which SageMaker sends to stop a job, is the script's to handle."""
    import signal

    signal.signal(signal.SIGTERM, lambda number, _frame: process.send_signal(number))


def write_failure(text: str) -> None:
    folder = BASE / "output"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "failure").write_text(text, encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    sys.exit(main())
