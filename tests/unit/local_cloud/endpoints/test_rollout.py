"""The steps of an update, with doubles for the fleets: what takes too long for real ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import pytest

from local_cloud.sagemaker.hosting import alarms, update
from local_cloud.sagemaker.hosting.fleet import Fleet, FleetError
from local_cloud.sagemaker.hosting.guardrails import Guardrails
from local_cloud.sagemaker.hosting.state import DEPLOYMENT_EVENT, KIND
from local_cloud.sagemaker.hosting.traffic import Traffic
from local_cloud.sagemaker.service import SageMakerService
from tests.unit.local_cloud.endpoints.traffic import blue_green, instances, percent, rolling
from tests.unit.local_cloud.sagemaker_doubles import EventsDouble, make_service

A, ALL = "AllTraffic", Fraction(1)


class FleetDouble:
    def __init__(self, count: int, *, started: bool) -> None:
        self.planned = {A: count}
        self.counts = {A: count if started else 0}
        self.sizes: list[int] = []
        """How many instances it had, one after the other."""
        self.most = count
        self.retired = False

    def start(self, *, cancelled: Callable[[], bool]) -> bool:
        return self.scale(self.planned, cancelled=cancelled)

    def scale(self, counts: Mapping[str, int], *, cancelled: Callable[[], bool]) -> bool:
        if cancelled():
            return False
        if counts[A] > self.most:
            raise FleetError("no more machines")
        self.counts = dict(counts)
        self.sizes.append(counts[A])
        return True

    start_with = scale

    def enter(self) -> None:
        """Nothing ends before its requests here."""

    def retire(self) -> None:
        self.retired = True


class UpdateOnDoubles:
    """Runs one update; ``trip_at`` is the share of traffic at which an alarm goes off."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.service: SageMakerService
        self.events: EventsDouble
        self.service, _, self.events, _ = make_service(folder)
        self.old = FleetDouble(4, started=True)
        self.new = FleetDouble(4, started=False)
        self.traffic = Traffic(cast("Fleet", self.old))
        self.shares: list[Fraction] = []
        self.trip_at: Fraction | None = None
        self.finished = False
        monkeypatch.setattr(update, "Fleet", lambda *_: self.new)
        monkeypatch.setattr(alarms, "states", self._states)
        share = self.traffic.share

        def noted(fleet: Fleet, part: Fraction) -> None:
            self.shares.append(part)
            share(fleet, part)

        monkeypatch.setattr(self.traffic, "share", noted)

    def _states(self, _service: SageMakerService, names: tuple[str, ...]) -> dict[str, str]:
        tripped = self.trip_at is not None and self.shares[-1:] == [self.trip_at]
        return dict.fromkeys(names, "ALARM" if tripped else "OK")

    def run(self, deployment: dict[str, Any], *, began: float | None = None) -> dict[str, Any]:
        """Answers the endpoint's document afterwards."""
        container = {"image": "i"}
        variant = {"variant": A, "weight": 1.0, "instances": 4, "container": container}
        document = {
            "EndpointName": "e",
            "EndpointArn": "arn:aws:sagemaker:us-east-1:000000000000:endpoint/e",
            "EndpointStatus": "Updating",
            "LastModifiedTime": time.time(),
            "_pending": {"deployment": "d", "config": "new", "variants": [variant]},
            "_pending_since": time.time() if began is None else began,
            "_guardrails": deployment,
        }
        self.service.store.create(KIND, "e", document)
        update.run(self.service, document, self.traffic, self._finish)
        return self.service.store.get(KIND, "e")

    def _finish(self, _plan: object) -> None:
        self.finished = True

    @property
    def serving(self) -> list[object]:
        return list(self.traffic.fleets)


@pytest.fixture
def doubles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UpdateOnDoubles:
    return UpdateOnDoubles(tmp_path, monkeypatch)


def test_the_shares_of_each_policy() -> None:
    canary = Guardrails.parse(blue_green("CANARY", CanarySize=percent(10)))
    assert canary.shares(3) == [Fraction(1, 10), ALL]
    counted = Guardrails.parse(blue_green("CANARY", CanarySize=instances(1)))
    assert counted.shares(4) == [Fraction(1, 4), ALL]
    linear = Guardrails.parse(blue_green("LINEAR", LinearStepSize=percent(30)))
    assert linear.shares(2) == [Fraction(3, 10), Fraction(6, 10), Fraction(9, 10), ALL]
    assert Guardrails.parse({}).shares(1) == [ALL]


def test_a_linear_update_shifts_step_by_step(doubles: UpdateOnDoubles) -> None:
    doubles.run(blue_green("LINEAR", LinearStepSize=percent(30)))
    assert doubles.shares == [Fraction(3, 10), Fraction(6, 10), Fraction(9, 10), ALL]
    assert doubles.finished
    assert doubles.serving == [doubles.new]
    assert doubles.old.retired


def test_an_alarm_at_any_step_gives_all_requests_back(doubles: UpdateOnDoubles) -> None:
    doubles.trip_at = Fraction(6, 10)
    document = doubles.run(blue_green("LINEAR", LinearStepSize=percent(30), alarms=("guard",)))
    assert doubles.shares[-1] == Fraction(6, 10)
    assert doubles.serving == [doubles.old]
    assert doubles.new.retired
    assert not doubles.old.retired
    assert document["EndpointStatus"] == "InService"
    assert not {"_pending", "_guardrails", "_progress"} & document.keys()


def test_a_rolling_update_never_has_more_than_a_batch_too_many(doubles: UpdateOnDoubles) -> None:
    document = doubles.run(rolling(instances(1)))
    assert doubles.finished
    assert doubles.new.sizes == [1, 2, 3, 4]
    assert doubles.old.sizes == [3, 2, 1]
    assert doubles.old.retired
    assert doubles.serving == [doubles.new]
    assert document["EndpointStatus"] == "Updating"
    messages = [_message(detail) for detail in doubles.events.details(DEPLOYMENT_EVENT)]
    assert messages[:3] == [
        "Launching 1 instance(s).",
        "Activating traffic on partial capacity of 1 instance(s).",
        "Terminating 1 instance(s).",
    ]


def _message(detail: dict[str, Any]) -> str:
    (variant,) = detail["PendingDeploymentSummary"]["ProductionVariants"]
    return str(variant["VariantStatus"][0]["StatusMessage"])


def test_a_rolling_update_goes_back_at_once_unless_told_in_batches(
    doubles: UpdateOnDoubles,
) -> None:
    doubles.trip_at = Fraction(3, 4)
    document = doubles.run(rolling(instances(1), alarms=("guard",)))
    assert doubles.old.sizes == [3, 2, 4]
    assert doubles.serving == [doubles.old]
    assert doubles.new.retired
    assert document["EndpointStatus"] == "InService"
    assert "guard" in document["FailureReason"]
    assert not doubles.finished


def test_a_rolling_update_goes_back_batch_by_batch(doubles: UpdateOnDoubles) -> None:
    doubles.trip_at = Fraction(3, 4)
    config = rolling(instances(1), RollbackMaximumBatchSize=instances(1), alarms=("guard",))
    doubles.run(config)
    assert doubles.old.sizes == [3, 2, 3, 4]
    assert doubles.shares == [Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1, 4)]
    assert doubles.serving == [doubles.old]


def test_an_update_that_can_go_neither_on_nor_back_serves_with_what_there_is(
    doubles: UpdateOnDoubles,
) -> None:
    doubles.trip_at, doubles.old.most = Fraction(1, 2), 3
    config = rolling(instances(1), RollbackMaximumBatchSize=instances(1), alarms=("guard",))
    document = doubles.run(config)
    assert document["EndpointStatus"] == "UpdateRollbackFailed"
    assert "Going back failed, too: no more machines" in document["FailureReason"]
    assert doubles.serving == [doubles.old, doubles.new]
    assert not doubles.new.retired


def test_an_update_that_takes_too_long_is_rolled_back(doubles: UpdateOnDoubles) -> None:
    config = blue_green("ALL_AT_ONCE", MaximumExecutionTimeoutInSeconds=600)
    document = doubles.run(config, began=time.time() - 601)
    assert document["EndpointStatus"] == "InService"
    assert "MaximumExecutionTimeoutInSeconds of 600" in document["FailureReason"]
    assert doubles.serving == [doubles.old]
    assert not doubles.old.retired


def test_a_new_fleet_that_does_not_come_up_gets_no_request(doubles: UpdateOnDoubles) -> None:
    doubles.new.most = 3
    document = doubles.run(blue_green("CANARY", CanarySize=percent(10)))
    assert document["EndpointStatus"] == "InService"
    assert document["FailureReason"] == "no more machines"
    assert doubles.shares == []
    assert doubles.serving == [doubles.old]
