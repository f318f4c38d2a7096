"""What the demo says of a report, of its stages and of all workloads together."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from demo import main_job, summary
from demo.clock import StageClock
from demo.errors import DemoError
from demo.joined_lines import JoinedLine
from demo.main_job import MainJob
from demo.narrator import Narrator
from demo.objects import beside
from demo.outcome import Outcome, print_outcomes, save_outcomes
from demo.run_state import PROGRESS
from demo.simulated import stand_ins
from demo.traffic import make_command
from local_cloud.settings import LocalCloudSettings

REPORT: dict[str, Any] = {
    "kind": "table",
    "metrics": {"accuracy": {"value": 0.9}, "auc": {"value": 0.925}},
    "classes": ["no", "yes"],
    "confusion_matrix": [[50, 3], [7, 40]],
    "rows": 100,
    "comparison": {"metric": "auc", "candidate": 0.925, "champion": 0.53, "shortfall": 0.0},
    "batch_transform": {"rows": 100, "agreeing": 100, "agreement": 1.0},
}


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=100)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_metric_is_the_one_that_the_gate_looked_at() -> None:
    assert summary.gate_metric(REPORT) == ("auc", 0.925)


def test_both_models_figures_are_told_where_there_was_a_champion() -> None:
    told = "\n".join(summary.report_lines(REPORT))
    assert "auc 0.9250, the approved model's on the same rows 0.5300" in told
    assert "100 rows served, 100.0% answered as in the evaluation" in told


def test_a_first_model_is_told_to_have_had_no_rival() -> None:
    first = {**REPORT, "comparison": {**REPORT["comparison"], "champion": None}}
    assert "the floor alone counts" in "\n".join(summary.report_lines(first))


def test_a_confusion_matrix_with_many_names_numbers_its_columns(console: Console) -> None:
    names = [f"a-long-name-of-class-{number}" for number in range(6)]
    matrix = [[int(row == column) for column in range(6)] for row in range(6)]
    summary.print_confusion_matrix(console, {"classes": names, "confusion_matrix": matrix})
    assert "5 a-long-name-of-class-5" in printed(console)


def test_joined_lines_are_shown_as_they_are(console: Console) -> None:
    lines = [JoinedLine(f"1,{number},[0.1, 0.9]", "yes", "yes", 0.9) for number in range(40)]
    summary.print_joined_lines(console, lines, 4)
    assert "1,30,[0.1, 0.9]   label yes, prediction yes" in printed(console)
    assert printed(console).count("label yes") == 4


def test_parts_of_a_stage_that_ran_side_by_side_do_not_add_up(console: Console) -> None:
    clock = StageClock(seconds={"pipeline": 60.0}, parts={"pipeline": {"A": 40.0, "B": 50.0}})
    assert clock.total == 60.0
    summary.print_clock(console, clock)
    assert "50 s" in printed(console)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("epoch=3 loss=0.1", True),
        ("[20]#011validation-auc:0.9", True),
        ("[21]#011validation-auc:0.9", False),
        ("[0]#011validation-auc:0.9", True),
        ("[2026-01-01] INFO", False),
        ("[0]:epoch=3 loss=0.1", True),
        ("[1]:epoch=3 loss=0.1", False),
        ("[0]:", False),
        ("reading data", False),
    ],
)
def test_a_line_of_a_log_is_shown_where_it_tells_of_progress(line: str, shown: bool) -> None:
    assert bool(PROGRESS.match(line)) is shown


def test_what_lies_beside_a_report_is_found() -> None:
    report = "s3://bucket/w/run/evaluation/evaluation.json"
    assert beside(report, "schema/schema.json") == "s3://bucket/w/run/schema/schema.json"


def test_stand_ins_are_told_by_the_images() -> None:
    own = "000000000000.dkr.ecr.us-east-1.amazonaws.com/rookery-local-x:abc"
    serving = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-inference:2.19.0-cpu"
    assert stand_ins([own, serving]) == [
        "a stand-in for TensorFlow Serving",
        "a stand-in for CodeBuild's Docker",
    ]
    assert stand_ins(["683313688378.dkr.ecr.us-east-1.amazonaws.com/other:1"]) == []


def test_a_command_of_the_demo_is_told_as_an_operator_types_it() -> None:
    told = make_command("churn-xgboost", ("shift", "--share", "0.5"))
    assert told == "make shift ENV=local WORKLOAD=churn-xgboost SHARE=0.5"
    told = make_command("churn-xgboost", ("end", "--winner", "new"))
    assert told == "make end-split ENV=local WORKLOAD=churn-xgboost WINNER=new"
    assert make_command("x", ("status",)) == "make split-status ENV=local WORKLOAD=x"


def test_one_failed_workload_does_not_keep_the_others_from_their_turn(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def show(workload: str, *_: Any, **__: Any) -> Outcome:
        if workload == "two":
            raise DemoError("its gate was not passed")
        return Outcome(workload=workload, seconds=61, metric="auc", value=0.9, rows=45, trials=6)

    monkeypatch.setattr(main_job, "workloads_of", lambda _: ["one", "mine", "two", "three"])
    monkeypatch.setattr(main_job, "CATALOG", ["one", "two", "three"])
    monkeypatch.setattr(main_job, "start_cloud", lambda *_: None)
    monkeypatch.setattr(main_job, "deploy_environment", lambda *_, **__: None)
    monkeypatch.setattr(main_job, "show_workload", show)
    settings = LocalCloudSettings(state_dir=tmp_path)
    job = MainJob(settings=settings, folder=tmp_path, narrator=Narrator(console))

    assert job.all() is False
    assert "two failed: its gate was not passed" in printed(console)
    assert "mine was left out: the demo has no data for it" in printed(console)
    table = (tmp_path / "all-workloads.md").read_text()
    assert "| three | auc | 0.9000 | 45 | 6 | 1 min 01 s | - |" in table
    assert "| two | failed | - | - | 0 |" in table


def test_what_was_not_the_real_thing_is_said_with_the_table(tmp_path: Path) -> None:
    outcome = Outcome(
        workload="cifar-custom-container",
        seconds=316,
        metric="accuracy",
        value=0.9962,
        rows=264,
        trials=4,
        simulated=("TorchServe", "synthetic pictures"),
    )
    save_outcomes(tmp_path / "table.md", [outcome])
    assert "TorchServe; synthetic pictures" in (tmp_path / "table.md").read_text()
    narrow = Console(file=io.StringIO(), width=80)
    print_outcomes(narrow, [outcome])
    assert "cifar-custom-container: TorchServe; synthetic" in printed(narrow)
    assert "5 min 16 s" in printed(narrow)
