"""Files that are uploaded to a workload in mode batch are answered, once each, by its champion."""

from __future__ import annotations

import json
import time

import pytest

from contracts.batch_run import Counts
from tests.deployment_drill.batches import Batches, taken
from tests.deployment_drill.drill import NO_ENDPOINT, Drill
from tests.deployment_drill.figures import Figures
from tests.deployment_drill.workloads import BATCHED

pytestmark = pytest.mark.deployment_drill

DRILL = "batches"
ROWS = ("0,5.1,3.5,1.4,0.2", "1,6.3,3.3,4.7,1.6", "2,7.2,3.6,6.1,2.5")


@pytest.fixture(scope="module")
def batches(drill: Drill) -> Batches:
    """Of a workload with a champion, whose model was made and which has no endpoint."""
    workload = drill.workload(BATCHED)
    if workload.champion() is None:
        _, ended = workload.deploy()
        assert ended.status == "SUCCEEDED", ended
    assert workload.champion() is not None
    assert workload.served() == NO_ENDPOINT
    return Batches(drill, BATCHED)


def test_an_upload_with_a_bad_record_is_answered_but_for_that_record(
    batches: Batches, figures: Figures
) -> None:
    good = [batches.upload(f"good {number}.csv", *ROWS) for number in range(3)]
    mixed = batches.upload("mixed.csv", ROWS[0], "no number,1,2,3,4", ROWS[2])
    began = time.monotonic()
    (report,) = batches.await_reports([*good, mixed])
    seconds = time.monotonic() - began

    assert report.records == Counts(read=12, answered=11, failed=1)
    results = {result.input: result for result in report.results}
    for key in good:
        answers = [json.loads(line) for line in batches.read(results[key].output).splitlines()]
        assert [answer.index(max(answer)) for answer in answers] == [0, 1, 2]
    part = results[mixed]
    assert not part.complete
    answers = [json.loads(line) for line in batches.read(part.output).splitlines()]
    assert [answer.index(max(answer)) for answer in answers] == [0, 2]
    ((failed),) = report.failed
    assert (failed.input, failed.first_line, failed.last_line) == (mixed, 2, 2)
    assert "not a number" in failed.reason
    manifest = batches.manifest(report)
    assert {each.key for each in manifest.inputs} == {*good, mixed}
    assert all(each.version_id and each.etag for each in manifest.inputs)
    figures.tell(DRILL, "from the upload of 4 files to the report", f"{seconds:.0f} s")
    figures.tell(DRILL, "good records answered beside a bad one", "11 of 11")


def test_what_was_answered_is_not_answered_again(batches: Batches) -> None:
    batches.await_idle()
    before = batches.reports()
    key = batches.upload("later.csv", ROWS[0])
    (report,) = batches.await_reports([key])
    assert taken(report) == {key}
    batches.await_idle()
    # Nothing is new now, which is no failure.
    ended = batches.machine.await_end(batches.machine.start({"trigger": "schedule"}))
    assert ended.status == "SUCCEEDED", ended
    assert "Advance" not in ended.states
    assert len(batches.reports()) == len(before) + 1


def test_a_run_that_is_killed_is_gone_on_with_and_answers_each_file_once(
    batches: Batches, figures: Figures
) -> None:
    states = ("Freeze", "Advance", "CreateTransformJob", "WaitForJob")
    for number, state in enumerate(states):
        batches.await_idle()
        key = batches.upload(f"killed {number}.csv", ROWS[0], ROWS[1])
        execution = batches.await_execution()
        assert batches.machine.await_state(execution, state), state
        batches.machine.stop(execution)
        batches.machine.start({"trigger": "an operator"})
        reports = batches.await_reports([key])
        batches.await_idle()
        assert len(reports) == 1, state
        assert reports[0].records == Counts(read=2, answered=2, failed=0)
    figures.tell(DRILL, "runs killed, files answered exactly once", f"{len(states)} of 4")
