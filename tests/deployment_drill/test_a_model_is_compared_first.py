"""A new model beside the old one: as its shadow, and for a share that outcomes decide about."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from contracts.outcomes import Outcome, outcomes_prefix
from contracts.traffic_split import NEW_VARIANT, OLD_VARIANT
from tests.deployment_drill.answers import Answer
from tests.deployment_drill.drill import Drill, DrilledWorkload
from tests.deployment_drill.executions import Ended
from tests.deployment_drill.figures import Figures
from tests.deployment_drill.load_process import load_on
from tests.deployment_drill.workloads import SHADOWED, SPLIT

pytestmark = pytest.mark.deployment_drill

DRILL = "compared first"
RATE = 5.0
OUTCOMES = 500
"""Recorded of each model."""
PATIENCE_SECONDS = 400.0


@dataclass(frozen=True)
class Shadowed:
    """What became of a new model that was a shadow first.

    Attributes:
        answers: to the requests of the whole deployment.
    """

    model: str
    ended: Ended
    after: str
    answers: list[Answer]


def shadow(workload: DrilledWorkload, behaviour: str) -> Shadowed:
    folder = workload.drill.folder / "load"
    with load_on(workload.drill.cloud, workload.endpoint, rate=RATE, folder=folder) as load:
        package, ended = workload.deploy(behaviour)
        after = workload.served()
    return Shadowed(package.version, ended, after, list(load.answers()))


def shadows(drill: Drill) -> tuple[Shadowed, Shadowed]:
    """One that answers right, and one that answers wrong."""
    workload = drill.workload(SHADOWED)
    workload.ensure_live()
    return shadow(workload, "right"), shadow(workload, "wrong")


def record_outcomes(workload: DrilledWorkload) -> None:
    """That the new model's answers turned out better."""
    now = datetime.now(UTC)
    good = {OLD_VARIANT: 0.7, NEW_VARIANT: 0.9}
    lines = [
        Outcome(
            id=f"{variant}-{number}", variant=variant, good=number < rate * OUTCOMES, time=now
        ).to_line()
        for variant, rate in good.items()
        for number in range(OUTCOMES)
    ]
    workload.drill.cloud.client("s3").put_object(
        Bucket=workload.drill.outputs["DataBucketName"],
        Key=f"{outcomes_prefix(workload.name)}drill.jsonl",
        Body="\n".join(lines).encode(),
    )


def share_of_new(workload: DrilledWorkload) -> float:
    """Of the requests; 0 where no split is on."""
    sagemaker = workload.drill.cloud.client("sagemaker")
    described = sagemaker.describe_endpoint(EndpointName=workload.endpoint)
    weights = {
        each["VariantName"]: each["CurrentWeight"]
        for each in described.get("ProductionVariants", [])
    }
    return float(weights.get(NEW_VARIANT, 0.0) / (sum(weights.values()) or 1.0))


def await_share(workload: DrilledWorkload, wanted: float) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while abs(share_of_new(workload) - wanted) > 0.001:
        assert time.monotonic() < deadline, f"the share stays {share_of_new(workload)}"
        time.sleep(0.5)


def split(drill: Drill) -> tuple[list[float], str, str]:
    """The shares that the new model had, its version, and what serves once outcomes decided."""
    workload = drill.workload(SPLIT)
    workload.ensure_live()
    package, ended = workload.deploy()
    assert ended.status == "SUCCEEDED", ended
    shares = [round(share_of_new(workload), 3)]
    await_share(workload, 0.5)
    shares.append(round(share_of_new(workload), 3))
    record_outcomes(workload)
    await_share(workload, 0.0)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (record := workload.champion()) or record.champion.package != package.arn:
        assert time.monotonic() < deadline, f"the champion stays {record}"
        time.sleep(0.5)
    return shares, package.version, workload.served()


def test_a_new_model_is_compared_before_it_takes_over(drill: Drill, figures: Figures) -> None:
    with ThreadPoolExecutor(2) as pool:
        as_shadows, as_split = pool.submit(shadows, drill), pool.submit(split, drill)
        right, wrong = as_shadows.result()
        shares, version, serves = as_split.result()
    _tell_shadow(figures, right, right.model, "SUCCEEDED")
    _tell_shadow(figures, wrong, right.model, "FAILED")
    met = sum(one.model == wrong.model for one in wrong.answers)
    of = len(wrong.answers)
    figures.hold(
        DRILL, "requests that a wrong shadow answered", f"{met} of {of}", "0", holds=not met
    )
    figures.hold(DRILL, "shares by schedule", shares, "[0.2, 0.5]", holds=shares == [0.2, 0.5])
    wanted = f"version {version}"
    figures.hold(DRILL, "winner by outcomes serves alone", serves, wanted, holds=serves == wanted)
    figures.check(DRILL)


def _tell_shadow(figures: Figures, found: Shadowed, wanted: str, status: str) -> None:
    name = "right shadow" if status == "SUCCEEDED" else "wrong shadow"
    figures.hold(
        DRILL,
        f"{name}: its deployment",
        f"{found.ended.status} in {found.ended.seconds:.0f} s",
        status,
        holds=found.ended.status == status and "CompareShadow" in found.ended.states,
    )
    serves = f"version {wanted}"
    figures.hold(
        DRILL, f"{name}: what serves then", found.after, serves, holds=found.after == serves
    )
    failed = sum(bool(one.failure) for one in found.answers)
    of = len(found.answers)
    figures.hold(DRILL, f"{name}: failed requests", f"{failed} of {of}", "0", holds=not failed)
