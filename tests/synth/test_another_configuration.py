"""The CDK's context `config` names a folder that is read in place of config/."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

import app as application
from infra.settings import ConfigurationError
from tests.synth.templates import ROOT, context

WORKLOAD = "cifar-tensorflow"
"""It has code of its own, which stays where the repository is."""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of config/ with an environment that the repository does not have."""
    copy = shutil.copytree(ROOT / "config", tmp_path / "config")
    environments = copy / "environments"
    local = yaml.safe_load((environments / "local.yaml").read_text())
    local["workloads"] = [WORKLOAD]
    (environments / "trial.yaml").write_text(yaml.safe_dump(local))
    return copy


def test_another_folders_environment_is_deployed(config: Path) -> None:
    app = application.build_stacks("trial", context={**context(), "config": str(config)})
    stacks = [stack.stack_name for stack in app.synth().stacks]
    assert stacks[0] == "Rookery-trial-foundation"


def test_without_it_the_repositorys_own_is_read(config: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no environment 'trial'"):
        application.build_stacks("trial", context=context())


def test_what_is_wrong_in_another_folder_is_told_of_its_files(config: Path) -> None:
    (config / "environments" / "trial.yaml").write_text("account: 1\n")
    with pytest.raises(ConfigurationError, match=r"config/environments/trial\.yaml"):
        application.build_stacks("trial", context={**context(), "config": str(config)})
