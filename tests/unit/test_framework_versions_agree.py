"""The tests run with the releases of the frameworks that AWS's images hold, or it is said why not.

A model that is trained, tested and shown with one release and served with another may behave
otherwise there: a difference is a decision, written down here with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13")
"""Those that scripts/set_up.py takes."""
PACKAGES = {"tensorflow": "tensorflow-cpu", "pytorch": "torch", "xgboost": "xgboost-cpu"}
"""By an image's framework, what constraints.txt pins for it."""


@dataclass(frozen=True)
class Difference:
    """The image's release and the pinned one, as major.minor."""

    framework: str
    use: str
    image: str
    pinned: str
    python: str


WHY = {
    "TensorFlow has no build of 2.19 for Python 3.13; 2.21 is the first release that has one and "
    "agrees with the other pins.": {
        Difference("tensorflow", use, "2.19", "2.21", "3.13") for use in ("training", "inference")
    },
    "AWS's newest images of PyTorch hold 2.10 for training and 2.6 for serving, so no one release "
    "is both; the tests run with a newer one. Models are kept as a state_dict, which all three "
    "load.": {
        Difference("pytorch", use, image, "2.13", python)
        for use, image in (("training", "2.10"), ("inference", "2.6"))
        for python in PYTHONS
    },
    "The built-in XGBoost has two releases to choose from. The workloads take the newer, which is "
    "pinned; the local cloud makes an environment of its own for the older.": {
        Difference("xgboost", use, "3.0", "3.2", python)
        for use in ("training", "inference")
        for python in PYTHONS
    },
}


@cache
def pins() -> tuple[Requirement, ...]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return tuple(Requirement(line) for line in lines if line and not line.startswith("#"))


def pinned(package: str, python: str) -> Version:
    """What constraints.txt says for that Python."""
    name = canonicalize_name(package)
    found = [
        pin
        for pin in pins()
        if canonicalize_name(pin.name) == name
        and (pin.marker is None or pin.marker.evaluate({"python_version": python}))
    ]
    assert len(found) == 1, f"constraints.txt pins {package} {len(found)} times for {python}"
    (specifier,) = found[0].specifier
    assert specifier.operator == "=="
    return Version(specifier.version)


def short(version: Version) -> str:
    return f"{version.major}.{version.minor}"


def differences() -> Iterator[Difference]:
    """All that there are between AWS's images that workloads can name and the pins."""
    table = json.loads((ROOT / "infra" / "pipeline" / "image_uris.json").read_text())["images"]
    for framework, uses in table.items():
        for use, releases in uses.items():
            for release in releases:
                # XGBoost's 3.2-0 is image 0 of the library's 3.2.
                image = short(Version(release.partition("-")[0]))
                for python in PYTHONS:
                    here = short(pinned(PACKAGES[framework], python))
                    if here != image:
                        yield Difference(framework, use, image, here, python)


def own_images() -> list[Path]:
    """The folders of the images that workloads build themselves."""
    found = set()
    for file in sorted((ROOT / "config" / "workloads").glob("*.yaml")):
        folder = yaml.safe_load(file.read_text()).get("image")
        if folder:
            found.add(ROOT / folder)
    return sorted(found)


def test_every_difference_has_a_reason_and_every_reason_a_difference() -> None:
    explained = {difference for some in WHY.values() for difference in some}
    found = set(differences())
    unexplained, outdated = found - explained, explained - found
    assert not unexplained, (
        f"agree on a release, or say in WHY why not: {sorted(map(str, unexplained))}"
    )
    assert not outdated, f"no longer so, take it out of WHY: {sorted(map(str, outdated))}"


def test_every_framework_of_a_workload_is_looked_at() -> None:
    named = set()
    for file in (ROOT / "config").glob("**/*.yaml"):
        content = yaml.safe_load(file.read_text()) or {}
        named |= {content[key]["name"] for key in ("framework", "algorithm") if content.get(key)}
    assert named
    assert named <= PACKAGES.keys()


@pytest.mark.parametrize("folder", own_images(), ids=lambda folder: folder.name)
def test_an_image_of_our_own_holds_what_the_tests_run_with(folder: Path) -> None:
    lines = (folder / "requirements.txt").read_text().splitlines()
    wanted = [Requirement(text) for line in lines if (text := line.split("#")[0].strip())]
    assert wanted
    for one in wanted:
        assert str(one.specifier) == f"=={pinned(one.name, '3.12')}", (
            f"{one} in {folder.name}/requirements.txt, constraints.txt has another release"
        )
