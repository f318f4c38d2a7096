"""Batch runs from the upload to the report, with what goes wrong on the way."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.batch_run import Counts
from lambdas.serving.freeze import NoSuchRunError
from lambdas.serving.progress import MAX_JOBS, MAX_SERVICE_FAULTS
from tests.unit.lambdas.batch_doubles import INPUT, Batches


@pytest.fixture
def batches(s3: Any, bucket: str) -> Batches:
    return Batches(s3, bucket)


def test_each_file_is_answered_line_by_line_beside_a_manifest(batches: Batches) -> None:
    version = batches.upload("day 1/a.csv", "1", "2", "", "3")
    batches.upload("b.csv", "4")
    report = batches.run()
    assert report.records == Counts(read=4, answered=4, failed=0)
    assert [result.input for result in report.results] == [f"{INPUT}b.csv", f"{INPUT}day 1/a.csv"]
    assert batches.read(report.results[1].output) == "1 answered\n2 answered\n3 answered\n"
    manifest = batches.store.manifest(report.run)
    assert manifest.inputs[1].version_id == version
    assert manifest.model == report.model == batches.parameters.model
    assert not report.failed
    assert len(report.jobs) == 1


def test_what_was_answered_is_not_answered_again(batches: Batches) -> None:
    batches.upload("a.csv", "1")
    batches.run()
    assert batches.freeze()["outcome"] == "empty"
    batches.upload("b.csv", "2")
    report = batches.run()
    assert [result.input for result in report.results] == [f"{INPUT}b.csv"]
    batches.upload("a.csv", "3")
    assert [result.input for result in batches.run().results] == [f"{INPUT}a.csv"]


def test_a_bad_record_costs_neither_the_other_files_nor_the_other_records(
    batches: Batches,
) -> None:
    batches.upload("good.csv", "1", "2")
    batches.upload("mixed.csv", "3", "a bad one", "4", "", "another bad one")
    report = batches.run()
    assert report.records == Counts(read=6, answered=4, failed=2)
    assert [(each.first_line, each.last_line, each.records) for each in report.failed] == [
        (2, 2, 1),
        (5, 5, 1),
    ]
    assert {each.reason for each in report.failed} == {"ClientError: 400 no number in it"}
    whole, part = report.results
    assert whole.complete
    assert whole.output.endswith("/output/good.csv.out")
    assert not part.complete
    assert part.output.endswith("/output/mixed.csv.part")
    assert batches.read(part.output) == "3 answered\n4 answered\n"
    # All lines of the bad file at once, and not one job each.
    assert len(report.jobs) == 2


def test_failed_inputs_stay_and_are_taken_again_when_an_operator_says_so(
    batches: Batches,
) -> None:
    batches.upload("a.csv", "a bad one")
    first = batches.run()
    assert (first.records.failed, first.results) == (1, ())
    assert batches.freeze()["outcome"] == "empty"
    batches.transform.bad = "nothing is bad any more"
    second = batches.run(again=first.run)
    assert second.records == Counts(read=1, answered=1, failed=0)
    with pytest.raises(NoSuchRunError, match="there is no run 'elsewhere'"):
        batches.freeze(again="elsewhere")


def test_a_file_that_kills_the_container_is_found_by_halves(batches: Batches) -> None:
    for number in range(7):
        batches.upload(f"{number}.csv", str(number))
    batches.upload("5.csv", "poison")
    report = batches.run()
    assert len(report.results) == 6
    ((failed),) = report.failed
    assert failed.input == f"{INPUT}5.csv"
    assert failed.reason == "AlgorithmError: the container ended"
    assert len(report.jobs) <= MAX_JOBS


def test_a_run_ends_where_every_file_kills_the_container(batches: Batches) -> None:
    for number in range(40):
        batches.upload(f"{number}.csv", "poison")
    report = batches.run()
    assert len(report.jobs) == MAX_JOBS
    assert {each.input for each in report.failed} == {f"{INPUT}{n}.csv" for n in range(40)}
    assert any("not answered in 12 jobs" in each.reason for each in report.failed)


def test_answers_that_are_not_as_many_as_the_records_are_none(batches: Batches) -> None:
    batches.upload("a.csv", "1", "dropped", "2")
    report = batches.run()
    assert report.records == Counts(read=3, answered=2, failed=1)
    ((failed),) = report.failed
    assert (failed.first_line, failed.reason) == (
        2,
        "the model answered 0 records where 1 were asked",
    )
    assert not [key for key in batches.store.keys("batch/iris/runs/") if key.endswith("a.csv.out")]


def test_an_input_that_is_replaced_meanwhile_is_the_next_run_s(batches: Batches) -> None:
    batches.upload("a.csv", "old")
    batches.upload("b.csv", "1")
    run = batches.freeze()["run"]
    batches.transform.create(batches.advance(run)["request"])
    batches.upload("a.csv", "new")
    batches.go_on(run)
    report = batches.report(run)
    assert [result.input for result in report.results] == [f"{INPUT}b.csv"]
    assert [each.input for each in report.untaken] == [f"{INPUT}a.csv"]
    (result,) = batches.run().results
    assert batches.read(result.output) == "new answered\n"


def test_without_a_model_nothing_is_lost(batches: Batches) -> None:
    batches.parameters.model = None
    assert batches.freeze()["outcome"] == "empty"
    batches.upload("a.csv", "1")
    answer = batches.freeze()
    assert answer["outcome"] == "no_champion"
    assert "1 file under" in answer["detail"]
    batches.parameters.model = "rookery-test-iris-v1-00000000"
    assert batches.run().records.answered == 1


def test_files_that_still_come_are_waited_for_but_not_for_ever(batches: Batches) -> None:
    batches.upload("a.csv", "1")
    newest = batches.s3.head_object(Bucket=batches.bucket, Key=f"{INPUT}a.csv")["LastModified"]
    batches.now = int(newest.timestamp() * 1000) + 10_000
    answer = batches.freeze()
    assert answer["outcome"] == "wait"
    # The listing has fractions of a second, which the header has not.
    assert 50 <= answer["wait_seconds"] <= 51
    assert batches.freeze(overdue=True)["outcome"] == "run"


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_a_run_that_was_killed_is_gone_on_with(batches: Batches, steps: int) -> None:
    batches.upload("a.csv", "1", "a bad one")
    batches.upload("b.csv", "2")
    run = batches.freeze()["run"]
    for _ in range(steps):
        step = batches.advance(run)
        # The last step's request is lost, and so is what the state machine knew.
        if step["outcome"] == "job" and _ < steps - 1:
            batches.transform.create(step["request"])
    if not batches.store.report(run):
        batches.upload("c.csv", "3")
        assert batches.freeze()["run"] == run
        batches.go_on(run)
    report = batches.report(run)
    assert report.records == Counts(read=3, answered=2, failed=1)
    assert len(report.jobs) == 2
    assert batches.ledger().open_run is None


def test_a_run_whose_model_is_not_the_champion_any_more_is_ended(batches: Batches) -> None:
    batches.upload("a.csv", "1")
    batches.upload("b.csv", "a bad one", "2")
    run = batches.freeze()["run"]
    batches.transform.create(batches.advance(run)["request"])
    assert batches.advance(run)["outcome"] == "job"
    batches.parameters.model = "rookery-test-iris-v2-00000000"
    begun = batches.freeze()
    assert (begun["run"], begun["close"]) == (run, True)
    batches.go_on(run, close=True)
    first = batches.report(run)
    assert [result.input for result in first.results] == [f"{INPUT}a.csv"]
    assert [each.input for each in first.untaken] == [f"{INPUT}b.csv"]
    assert first.records == Counts(read=1, answered=1, failed=0)
    second = batches.run()
    assert second.model == "rookery-test-iris-v2-00000000"
    assert second.records == Counts(read=2, answered=1, failed=1)


def test_faults_of_sagemaker_are_no_faults_of_the_files(batches: Batches) -> None:
    batches.upload("a.csv", "1")
    batches.transform.failing_with = ["InternalServerError: try again"] * MAX_SERVICE_FAULTS
    run = batches.freeze()["run"]
    step = batches.go_on(run)
    assert (step["outcome"], step["detail"]) == ("stuck", "InternalServerError: try again")
    assert batches.ledger().open_run == run
    batches.go_on(batches.freeze()["run"])
    assert batches.report(run).records == Counts(read=1, answered=1, failed=0)


def test_counting_goes_on_where_it_ran_out_of_time(s3: Any, bucket: str) -> None:
    time_left = iter([True, False, True, True, True, True])
    batches = Batches(s3, bucket, in_time=lambda: next(time_left))
    for number in range(20):
        batches.upload(f"{number}.csv", str(number))
    run = batches.freeze()["run"]
    batches.transform.create(batches.advance(run)["request"])
    assert batches.advance(run)["outcome"] == "again"
    assert batches.advance(run)["outcome"] == "done"
    assert batches.report(run).records == Counts(read=20, answered=20, failed=0)


def test_files_that_are_one_record_each_are_not_cut(s3: Any, bucket: str) -> None:
    batches = Batches(s3, bucket, split="none")
    batches.upload("a.png", "1", "2")
    batches.upload("b.png", "a bad one", "2")
    report = batches.run()
    assert report.records == Counts(read=2, answered=1, failed=1)
    ((failed),) = report.failed
    assert (failed.input, failed.first_line) == (f"{INPUT}b.png", None)
    request = next(iter(batches.transform.requests.values()))
    assert request["TransformInput"]["SplitType"] == "None"
    assert request["BatchStrategy"] == "SingleRecord"


def test_people_are_told_how_many_records_failed_and_where(batches: Batches) -> None:
    batches.upload("a.csv", "1", "a bad one")
    run = batches.freeze()["run"]
    step = batches.go_on(run)
    assert step["headline"] == "Batch answered in part: iris"
    assert "1 of 2 records of iris were answered by rookery-test-iris-v1-00000000" in step["detail"]
    assert f"{INPUT}a.csv, line 2: ClientError: 400 no number in it" in step["detail"]
    assert f'{{"again": "{run}"}}' in step["detail"]
    assert step["report"] == batches.store.report_uri(run)


def test_what_operating_systems_put_beside_files_is_not_answered(batches: Batches) -> None:
    batches.upload(".DS_Store", "bad")
    batches.s3.put_object(Bucket=batches.bucket, Key=INPUT, Body=b"")
    assert batches.freeze()["outcome"] == "empty"


def test_the_ledger_forgets_what_is_gone(batches: Batches) -> None:
    batches.upload("a.csv", "1")
    batches.run()
    batches.s3.delete_object(Bucket=batches.bucket, Key=f"{INPUT}a.csv")
    batches.upload("b.csv", "1")
    batches.run()
    assert {key for key, _ in batches.ledger().taken} == {f"{INPUT}b.csv"}


def test_a_clock_behind_that_of_s3_makes_no_run_wait_for_ever(batches: Batches) -> None:
    batches.upload("a.csv", "1")
    batches.now = 0
    assert batches.freeze()["outcome"] == "wait"
    assert batches.freeze(overdue=True)["outcome"] == "run"
