"""The image's Dockerfile and requirements."""

from __future__ import annotations

from pathlib import Path

from packaging.requirements import Requirement

from infra.assets import ROOT
from local_cloud.builds.base_images import Bases
from local_cloud.builds.image_build import ImageBuild
from local_cloud.sagemaker.runner import own_images

FOLDER = ROOT / "model_code" / "iris_sklearn"


def requirements(path: Path) -> dict[str, Requirement]:
    lines = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith("-")]
    return {one.name.lower(): one for one in found}


def test_the_image_holds_the_versions_that_the_tests_run_with() -> None:
    pinned = requirements(ROOT / "constraints.txt")

    for name, wanted in requirements(FOLDER / "requirements.txt").items():
        assert wanted.specifier == pinned[name].specifier, name


def test_the_dockerfile_puts_train_and_serve_on_the_path(tmp_path: Path) -> None:
    told: list[str] = []

    def refuse(name: str) -> Path:
        raise LookupError(name)

    build = ImageBuild(
        context=FOLDER,
        file=FOLDER / "Dockerfile",
        folder=tmp_path,
        arguments={},
        bases=Bases(own_registry="", known=lambda _: False, pull=refuse, logged_in=lambda _: False),
        tell=told.append,
    )

    assert build.run().startswith("sha256:")

    config, root = own_images.read(tmp_path)
    assert own_images.executable(config, root, "train") == "/opt/program/iris_sklearn/train"
    assert own_images.executable(config, root, "serve") == "/opt/program/iris_sklearn/serve"
    assert config.environment["PYTHONPATH"] == "/opt/program"
    assert {Requirement(one).name for one in config.packages} == {
        one.name for one in requirements(FOLDER / "requirements.txt").values()
    }
    assert not [line for line in told if "not run in the local cloud" in line]
