"""What each template is rendered to can be deployed, passes the checks, trains and answers."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
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
TRAINED = [(kind, framework) for kind, framework in COMBINATIONS if framework != "xgboost"]
EPOCHS = ("--epochs", "12")
ARGUMENTS = ("--batch-size", "8", "--learning-rate", "0.005")
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


def test_its_image_holds_what_the_shipped_image_of_its_kind_does(rendered: Path) -> None:
    code = rendered / "model_code"
    own = code / name_of("table", "sklearn").replace("-", "_")
    for file in ("requirements.txt", "Dockerfile"):
        shipped = (code / "iris_sklearn" / file).read_text()
        assert (own / file).read_text() == shipped.replace("iris_sklearn", own.name)


def test_its_code_is_clean(rendered: Path) -> None:
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", *packages(rendered)]
        finished = subprocess.run(ruff, cwd=rendered, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stdout


def test_its_types_are_right(rendered: Path) -> None:
    cache = Path(__file__).resolve().parents[3] / ".mypy_cache" / "new_workload"
    known = find_spec("torch") is not None
    names = [
        name for name in packages(rendered) if "/a_" in name and (known or "torch" not in name)
    ]
    mypy = [sys.executable, "-m", "mypy", "--cache-dir", str(cache), *names]
    finished = subprocess.run(mypy, cwd=rendered, capture_output=True, text=True)
    assert finished.returncode in (0, 1), finished.stderr
    # What they import of `shared` is checked where it stands.
    assert not [line for line in finished.stdout.splitlines() if line.startswith(tuple(names))]
    assert "checked" in finished.stdout or "no issues" in finished.stdout


@dataclass
class Job:
    """A workload's code, run in a process of its own as a container would."""

    root: Path
    folder: Path
    package: str
    log: str = ""

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


@pytest.fixture(scope="module")
def trained(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Job]:
    """A workload's code with the model that it trained, once for all tests."""

    @cache
    def train(kind: str, framework: str) -> Job:
        if framework == "pytorch":
            pytest.importorskip("torch")
        package = name_of(kind, framework).replace("-", "_")
        job = Job(rendered, tmp_path_factory.mktemp(package), package)
        data = job.folder / "input" / "data"
        if kind == "table":
            tiny_data.write_table(data)
        else:
            tiny_data.write_pictures(data, SHARDS[framework])
        folder = rendered / "model_code" / package
        if framework == "sklearn":
            (job.folder / "input" / "config").mkdir()
            chosen = job.folder / "input" / "config" / "hyperparameters.json"
            chosen.write_text('{"C": "10"}')
            # The image holds the package alone.
            image = job.folder / "image"
            image.mkdir()
            (image / package).symlink_to(folder)
            job.log = job.run(image / package / "train", PYTHONPATH=str(image))
        else:
            job.log = job.run(folder / "train.py", *EPOCHS, *ARGUMENTS)
        return job

    return train


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


def pictures_of_both(folder: Path) -> list[Path]:
    """A picture of the class no, and one of yes."""
    paths = [folder / "no.png", folder / "yes.png"]
    for label, path in enumerate(paths):
        path.write_bytes(tiny_data.picture(random.Random(3), label))
    return paths


@pytest.mark.parametrize(("kind", "framework"), TRAINED)
def test_it_trains_as_it_is_and_its_predictor_loads_the_model(
    trained: Callable[[str, str], Job], kind: str, framework: str
) -> None:
    job = trained(kind, framework)
    name = name_of(kind, framework)
    (workload,) = load_settings(job.root / "config", "local", only=[name]).workloads
    lines = 1 if framework == "sklearn" else int(EPOCHS[1])
    for expression in workload.tuning.metrics.values():
        assert len(re.findall(expression, job.log)) == lines
    pictures = pictures_of_both(job.folder) if kind == "image" else []
    told = job.run("-c", ASK, job.package, job.folder / "model", *pictures)
    assert told.split()[-2:] == ["no", "yes"]


ANSWER = """
import json, sys
from pathlib import Path

import inference

model, content_type, *bodies = sys.argv[1:]
loaded = inference.model_fn(model)
for body in bodies:
    asked = inference.input_fn(Path(body).read_bytes(), content_type)
    answer, kind = inference.output_fn(inference.predict_fn(asked, loaded), "application/json")
    assert kind == "application/json"
    print(*(each["label"] for each in json.loads(answer)["predictions"]))
"""


@pytest.mark.parametrize("kind", KINDS)
def test_its_endpoint_answers_by_what_the_models_archive_holds_alone(
    trained: Callable[[str, str], Job], kind: str
) -> None:
    job = trained(kind, "pytorch")
    (job.folder / "rows.csv").write_text("55,-1\n,1\n")
    bodies, content_type = [job.folder / "rows.csv"], "text/csv"
    if kind == "image":
        bodies, content_type = pictures_of_both(job.folder), "application/x-image"
    code = job.folder / "model" / "code"
    told = job.run("-c", ANSWER, job.folder / "model", content_type, *bodies, PYTHONPATH=str(code))
    assert told.split() == ["no", "yes"]


SERVE = """
import io, sys
from importlib import import_module

server = import_module(f"{sys.argv[1]}.server")
application = server.Application(server.model.load(server.ML / "model"))

def ask(method, path, kind="", body=b"", accept=""):
    asked = {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_TYPE": kind,
             "HTTP_ACCEPT": accept, "wsgi.input": io.BytesIO(body)}
    statuses = []
    answer = b"".join(application(asked, lambda status, headers: statuses.append(status)))
    print(statuses[0][:3], answer.decode().strip().splitlines())

ask("GET", "/ping")
ask("POST", "/invocations", "text/csv", b"55,-1\\n,1", "text/csv")
ask("POST", "/invocations", "application/json", b'{"instances": [[55, -1], [null, 1]]}')
ask("POST", "/invocations", "text/csv", b"1,2,3")
ask("POST", "/invocations", "application/json", b"[")
ask("POST", "/invocations", "image/png", b"1")
ask("GET", "/other")
"""


def test_its_container_answers_and_refuses(trained: Callable[[str, str], Job]) -> None:
    job = trained("table", "sklearn")
    ping, csv, document, *refused, other = job.run("-c", SERVE, job.package).splitlines()
    assert ping == "200 ['{}']"
    assert re.fullmatch(r"200 \['\[0\.9\d*, 0\.0\d*\]', '\[0\.0\d*, 0\.9\d*\]'\]", csv)
    assert re.findall(r'"label": "(\w+)"', document) == ["no", "yes"]
    assert [line[:3] for line in refused] == ["400", "400", "400"]
    assert "expected rows of 2 finite numbers" in refused[0]
    assert "send text/csv or application/json" in refused[2]
    assert other.startswith("404")
