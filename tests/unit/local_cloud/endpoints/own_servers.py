"""Variants in this very process, whose model servers run a program of the test."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

from local_cloud.sagemaker.hosting.plan import VariantPlan
from local_cloud.sagemaker.service import SageMakerService
from tests.unit.local_cloud.sagemaker_doubles import make_service


@contextmanager
def serving(folder: Path, program: str) -> Iterator[SageMakerService]:
    """A service whose only image runs the program; what runs in its background ends well."""
    file = folder / "server.py"
    file.write_text(program)
    entry = f'[[image]]\nrepository = "own"\ntag = "*"\nserve = ["{sys.executable}", "{file}"]\n'
    (folder / "images.toml").write_text(entry)
    service, _, _, tasks = make_service(folder)
    yield dataclasses.replace(service, credentials=MagicMock())
    tasks.shut_down()
    assert not tasks.errors


def plan_of(*, environment: dict[str, str] | None = None, **members: Any) -> VariantPlan:
    """Of a variant of that image; its servers have the variables."""
    plan: Any = {
        "variant": "AllTraffic",
        "model": "m",
        "weight": 1.0,
        "role": "arn:aws:iam::000000000000:role/r",
        "isolated": True,
        "container": {"image": "registry.example/own:1", "environment": environment or {}},
        **members,
    }
    made: VariantPlan = plan
    return made
