"""What each template is rendered to can be deployed, passes the checks, trains and answers."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.checks.pipeline_definition import check_definition
from infra.pipeline.__main__ import example_resources
from infra.pipeline.workload_pipeline import build_definition
from infra.settings import load_settings
from new_workload.request import FRAMEWORKS, INSTEAD, KINDS
from tests.unit.new_workload import tiny_data
from tests.unit.new_workload.conftest import copy_of_repository, new

COMBINATIONS = [
    (kind, framework)
    for kind in KINDS
    for framework in FRAMEWORKS
    if (kind, framework) not in INSTEAD
]
# Before and after `shared`, which the package's imports are sorted among.
NAMES = ("a-{}-{}", "zz-{}-{}-long-name")
IN_SCRIPT_MODE = [
    (kind, framework) for kind, framework in COMBINATIONS if framework in ("tensorflow", "pytorch")
]
SHARDS = {"tensorflow": "tfrecord", "pytorch": "tar"}
"""The form of prepared pictures; `_FORMATS` of infra/pipeline/preparation.py."""


def name_of(kind: str, framework: str, pattern: str = NAMES[0]) -> str:
    return pattern.format(kind, framework)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy_of_repository(tmp_path_factory.mktemp("repository"))
    for kind, framework in COMBINATIONS:
        for pattern in NAMES:
            new(root, name_of(kind, framework, pattern), kind, framework)
    return root


def packages(root: Path) -> list[str]:
    return sorted(
        str(path.relative_to(root))
        for pattern in ("a_*", "zz_*")
        for path in (root / "model_code").glob(pattern)
    )


@pytest.mark.parametrize(("kind", "framework"), COMBINATIONS)
def test_its_settings_load_and_aws_would_take_its_pipeline(
    rendered: Path, kind: str, framework: str
) -> None:
    name = name_of(kind, framework)
    settings = load_settings(rendered / "config", "local", only=[name])
    (workload,) = settings.workloads
    resources = example_resources(settings.environment, name)
    definition = build_definition(
        workload=workload, environment=settings.environment, resources=resources
    )
    check_definition(definition)


def test_every_mark_of_what_to_edit_is_left_and_no_name_of_the_template(rendered: Path) -> None:
    for kind, framework in COMBINATIONS:
        text = (rendered / "config/workloads" / f"{name_of(kind, framework)}.yaml").read_text()
        assert text.count("# EDIT") >= 3
        assert not re.search("my.workload", text)


def test_its_code_is_clean(rendered: Path) -> None:
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", *packages(rendered)]
        finished = subprocess.run(ruff, cwd=rendered, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stdout


def test_its_types_are_right(rendered: Path) -> None:
    cache = Path(__file__).resolve().parents[3] / ".mypy_cache" / "new_workload"
    names = [name for name in packages(rendered) if "/a_" in name]
    mypy = [sys.executable, "-m", "mypy", "--cache-dir", str(cache), *names]
    finished = subprocess.run(mypy, cwd=rendered, capture_output=True, text=True)
    assert finished.returncode in (0, 1), finished.stderr
    # What they import of `shared` is checked where it stands.
    assert not [line for line in finished.stdout.splitlines() if line.startswith(tuple(names))]
    assert "checked" in finished.stdout or "no issues" in finished.stdout


@dataclass(frozen=True)
class Job:
    """A workload's code, run in a process of its own as a container would."""

    root: Path
    folder: Path
    package: str

    @property
    def variables(self) -> dict[str, str]:
        data = self.folder / "input" / "data"
        paths = f"{self.root / 'model_code'}{os.pathsep}{self.root}"
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": paths,
            "PYTHONDONTWRITEBYTECODE": "1",
            "SAGEMAKER_BASE_DIR": str(self.folder),
            "SM_CHANNEL_TRAIN": str(data / "train"),
            "SM_CHANNEL_VALIDATION": str(data / "validation"),
            "SM_CHANNEL_SCHEMA": str(data / "schema"),
            "SM_MODEL_DIR": str(self.folder / "model"),
            "CHECKPOINT_DIR": str(self.folder / "checkpoints"),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "CUDA_VISIBLE_DEVICES": "",
        }

    def run(self, *arguments: str | Path, **variables: str) -> str:
        finished = subprocess.run(
            [sys.executable, *map(str, arguments)],
            env={**self.variables, **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout


@pytest.fixture
def job(rendered: Path, tmp_path: Path, kind: str, framework: str) -> Job:
    if framework == "pytorch":
        pytest.importorskip("torch")
    if kind == "table":
        tiny_data.write_table(tmp_path / "input" / "data")
    else:
        tiny_data.write_pictures(tmp_path / "input" / "data", SHARDS[framework])
    return Job(rendered, tmp_path, name_of(kind, framework).replace("-", "_"))


ASK = """
import sys
from importlib import import_module
from pathlib import Path

import numpy as np

package, model, *pictures = sys.argv[1:]
inputs = [Path(path).read_bytes() for path in pictures] or np.array([[55, -1.0], [np.nan, 1.0]])
predictor = import_module(f"{package}.predictor").load(Path(model), ("no", "yes"))
answered = predictor.predict(inputs)
assert answered.shape == (2, 2) and np.allclose(answered.sum(axis=1), 1, atol=1e-4)
print(*(predictor.classes[index] for index in answered.argmax(axis=1)))
"""


def assert_the_predictor_tells_no_from_yes(job: Job, kind: str) -> None:
    pictures = []
    for label in (0, 1) if kind == "image" else ():
        path = job.folder / f"{label}.png"
        path.write_bytes(tiny_data.picture(random.Random(3), label))
        pictures.append(path)
    told = job.run("-c", ASK, job.package, job.folder / "model", *pictures)
    assert told.split()[-2:] == ["no", "yes"]


@pytest.mark.parametrize(("kind", "framework"), IN_SCRIPT_MODE)
def test_it_trains_as_it_is_and_its_predictor_loads_the_model(
    job: Job, kind: str, framework: str
) -> None:
    program = job.root / "model_code" / job.package / "train.py"
    log = job.run(program, "--epochs", "12", "--batch-size", "8", "--learning-rate", "0.005")
    workload = load_settings(
        job.root / "config", "local", only=[name_of(kind, framework)]
    ).workloads[0]
    for expression in workload.tuning.metrics.values():
        assert len(re.findall(expression, log)) == 12
    assert_the_predictor_tells_no_from_yes(job, kind)


@pytest.mark.parametrize(("kind", "framework"), [("table", "sklearn")])
def test_its_container_trains_as_it_is_and_its_predictor_loads_the_model(
    job: Job, kind: str, framework: str
) -> None:
    (job.folder / "input" / "config").mkdir()
    (job.folder / "input" / "config" / "hyperparameters.json").write_text('{"C": "10"}')
    # The image holds the package alone.
    image = job.folder / "image"
    image.mkdir()
    (image / job.package).symlink_to(job.root / "model_code" / job.package)
    log = job.run(image / job.package / "train", PYTHONPATH=str(image))
    workload = load_settings(
        job.root / "config", "local", only=[name_of(kind, framework)]
    ).workloads[0]
    for expression in workload.tuning.metrics.values():
        assert len(re.findall(expression, log)) == 1
    assert_the_predictor_tells_no_from_yes(job, kind)
