"""Each workload from its upload to predictions, with all that its model package must say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import pytest

from demo import objects
from demo.cloud import Cloud
from demo.joined_lines import read_joined_lines
from demo.run_state import RunState
from demo.workload_run import WorkloadRun, report_uri
from tests.flow.chain import GIT_COMMIT
from tests.flow.workloads import CASES, Case, Served, stages_of, start

pytestmark = pytest.mark.flow

STEPS = {
    "Prepare",
    "Tune",
    "RaiseEpochs",
    "FindChampion",
    "Train",
    "CreateModel",
    "BatchTransform",
    "DeleteModel",
    "Evaluate",
    "Gate",
    "Register",
}
LINEAGE = {
    "dataset_version",
    "dataset_manifest",
    "source",
    "training_image",
    "inference_image",
    "tuning_job",
    "training_job",
    "evaluation_report",
    "samples",
    "baseline",
}


class Ahead:
    """Starts the run of the workload that comes next while one is waited for.

    A run leaves a core idle more often than not; more than two at once would only take turns.
    """

    def __init__(self, cases: list[Case], stages: Callable[[Case], WorkloadRun]) -> None:
        self._cases = cases
        self._new_stages = stages
        self._started: dict[str, tuple[WorkloadRun, datetime]] = {}

    def run_of(self, case: Case) -> tuple[WorkloadRun, RunState]:
        at = self._cases.index(case)
        for each in self._cases[at : at + 2]:
            if each.workload not in self._started:
                stages = self._new_stages(each)
                self._started[each.workload] = stages, start(stages, each.write)
        stages, uploaded = self._started[case.workload]
        return stages, stages.train(uploaded, "")[1]


@pytest.fixture(scope="module")
def ahead(
    request: pytest.FixtureRequest,
    cloud: Cloud,
    outputs: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Ahead:
    asked = {item.callspec.id for item in request.session.items if hasattr(item, "callspec")}

    def stages(case: Case) -> WorkloadRun:
        return stages_of(case.workload, cloud, outputs, tmp_path_factory.mktemp(case.workload))

    return Ahead([case for case in CASES if case.workload in asked and case.can_run], stages)


@pytest.fixture(scope="module", params=[case.parameter() for case in CASES])
def served(request: pytest.FixtureRequest, cloud: Cloud, ahead: Ahead) -> Served:
    case: Case = request.param
    stages, run = ahead.run_of(case)
    package = stages.deploy(run, "")
    report = objects.read_json(cloud.client("s3"), report_uri(package))
    return Served(case=case, run=run, package=package, report=report, stages=stages)


def test_every_step_of_the_run_succeeds(served: Served) -> None:
    states = {step.name: step.status for step in served.run.steps}
    assert set(states.values()) == {"Succeeded"}
    assert set(states) >= STEPS


def test_different_hyperparameters_are_tried(served: Served) -> None:
    tried = {tuple(sorted(trial.hyperparameters.items())) for trial in served.run.trials}
    assert len(tried) > 1
    assert [trial.objective is not None for trial in served.run.trials if trial.best] == [True]


def test_the_model_is_good_on_what_it_never_saw(served: Served) -> None:
    assert served.report["metrics"]["accuracy"]["value"] >= served.case.floor


def test_the_first_model_needs_to_clear_the_floor_alone(served: Served) -> None:
    assert served.report["comparison"]["champion"] is None
    assert served.report["comparison"]["shortfall"] == 0.0
    assert served.report["champion"] is None


def test_the_batch_transform_answers_as_the_evaluation_does(served: Served) -> None:
    assert served.report["batch_transform"]["rows"] > 0
    assert served.report["batch_transform"]["agreement"] >= 0.99


def test_the_batch_transform_joins_predictions_to_the_rows_of_a_table(
    cloud: Cloud, served: Served
) -> None:
    if served.report["kind"] != "table":
        assert served.report["kind"] == "image"
        return
    _, lines = read_joined_lines(cloud.client("s3"), report_uri(served.package))
    assert len(lines) == served.report["rows"]
    right = sum(line.predicted == line.label for line in lines)
    assert right / len(lines) == pytest.approx(served.report["metrics"]["accuracy"]["value"])


def test_the_package_says_what_the_model_was_made_from(cloud: Cloud, served: Served) -> None:
    said = served.metadata
    assert set(said) >= LINEAGE
    assert said["git_commit"] == GIT_COMMIT
    tuned = {key for trial in served.run.trials for key in trial.hyperparameters}
    assert {f"hyperparameter/{name}" for name in tuned} <= set(said)
    s3 = cloud.client("s3")
    manifest = objects.read_json(s3, said["dataset_manifest"])
    assert manifest["workload"] == served.case.workload
    assert said["dataset_version"] in said["dataset_manifest"]
    assert objects.read(s3, said["source"])
    assert "baseline.json" in {
        uri.rpartition("/")[2] for uri in objects.below(s3, said["baseline"])
    }


def test_the_model_has_a_card(served: Served) -> None:
    card = json.loads(served.package["ModelCard"]["ModelCardContent"])
    (group,) = card["evaluation_details"][0]["metric_groups"]
    (figure,) = group["metric_data"]
    assert figure["value"] == pytest.approx(served.report["metrics"][figure["name"]]["value"])


def test_the_evaluation_has_a_page_and_pictures(cloud: Cloud, served: Served) -> None:
    folder = report_uri(served.package).rpartition("/")[0]
    files = {uri.rpartition("/")[2] for uri in objects.below(cloud.client("s3"), folder)}
    assert {"evaluation.json", "evaluation.html"} <= files
    wanted = {plot["file"] for plot in served.report["plots"] if plot["missing"] is None}
    assert "confusion_matrix.png" in wanted
    assert wanted <= files


def test_the_endpoint_answers_most_held_out_examples_right(served: Served) -> None:
    predictions = served.stages.ask(served.package)
    assert len(predictions) > 5
    assert sum(item.right for item in predictions) >= 0.8 * len(predictions)
