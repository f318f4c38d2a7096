"""The way of packages through environments follows from their files, and its faults are told."""

from __future__ import annotations

import pytest

from infra.settings import load_settings
from tests.unit.infra.conftest import ROOT, Configuration

STAGING = "environments/staging.yaml"
DEV = "environments/dev.yaml"


@pytest.mark.parametrize(
    ("environment", "before", "after", "later"),
    [
        ("dev", [], ["staging"], ["staging", "prod"]),
        ("staging", ["dev"], ["prod"], ["prod"]),
        ("prod", ["staging", "dev"], [], []),
        ("local", [], [], []),
    ],
)
def test_the_shipped_environments_follow_each_other(
    environment: str, before: list[str], after: list[str], later: list[str]
) -> None:
    path = load_settings(ROOT / "config", environment).promotion

    assert [each.name for each in path.before] == before
    assert [each.name for each in path.after] == after
    assert [each.name for each in path.later] == later


def test_a_circle_is_refused_with_its_way(configuration: Configuration) -> None:
    configuration.edit(
        DEV, "log_retention_days: 14", "promotion: {from: prod}\nlog_retention_days: 14"
    )

    (fault,) = configuration.faults("dev")

    assert fault.startswith("config/environments/staging.yaml: promotion.from = 'dev'")
    assert "dev from prod from staging from dev" in fault


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("region: eu-west-1", "region: eu-central-1", "is in the region eu-west-1, this"),
        (
            "workloads:\n  - cifar-tensorflow\n",
            "workloads:\n  - only-here\n",
            "has none of this environment's workloads (allowed: one with only-here)",
        ),
    ],
)
def test_a_source_that_no_package_could_come_from_is_refused(
    configuration: Configuration, old: str, new: str, told: str
) -> None:
    configuration.edit(STAGING, old, new)
    content = (configuration.folder / "workloads" / "iris-xgboost.yaml").read_text()
    (configuration.folder / "workloads" / "only-here.yaml").write_text(content)

    faults = [fault for fault in configuration.faults("staging") if "promotion.from" in fault]

    assert faults
    assert told in faults[0]


def test_an_environment_that_is_not_there_is_told_once(configuration: Configuration) -> None:
    configuration.edit(STAGING, "from: dev", "from: dew")

    (fault,) = configuration.faults("staging")

    assert "promotion.from = 'dew': is no environment" in fault


def test_what_is_wrong_with_an_environment_on_the_way_is_told(
    configuration: Configuration,
) -> None:
    configuration.edit(STAGING, 'account: "222222222222"', "account: 22")

    (fault,) = configuration.faults("dev")

    assert fault.startswith("config/environments/staging.yaml: account = 22")


def test_what_is_wrong_with_an_environment_elsewhere_is_not(configuration: Configuration) -> None:
    configuration.edit(STAGING, 'account: "222222222222"', "account: 22")
    configuration.edit(STAGING, "promotion:\n  from: dev\n", "")

    settings = load_settings(configuration.folder, "local")

    assert settings.promotion.later == ()
