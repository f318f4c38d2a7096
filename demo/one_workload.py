"""A workload from its upload to predictions, delivery after delivery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from demo import summary, traffic
from demo.catalog import data_of
from demo.clock import StageClock, spell
from demo.environment import Environment
from demo.narrator import Narrator
from demo.outcome import Outcome
from demo.predict import Prediction
from demo.simulated import stand_ins
from demo.workload_run import WorkloadRun, report_uri


def show_workload(
    workload: str,
    environment: Environment,
    *,
    narrator: Narrator,
    clock: StageClock,
    data: Path | None = None,
) -> Outcome:
    """All of it, told as it goes. Raises DemoError.

    Args:
        clock: gets the stages; may hold those of the deployment already.
        data: a folder to upload in place of what the catalog has.
    """
    chosen = data_of(workload, data)
    run = WorkloadRun(workload=workload, environment=environment, narrator=narrator, clock=clock)
    traffic.end_left_over(run)
    trials = 0
    for number, delivery in enumerate(chosen.deliveries, start=1):
        stage = f"delivery {number}, " if len(chosen.deliveries) > 1 else ""
        uploaded_at = run.upload(delivery, stage)
        arn, state = run.train(uploaded_at, stage)
        trials += len(state.trials)
        package = run.deploy(state, stage)
        narrator.heading("what the evaluation found")
        report = run.show_report(package)
        if traffic.is_split(run):
            traffic.show_split(run, package, stage)
        predictions = run.predict(package, summary.examples_of(report), stage)
    simulated = [chosen.simulated] if chosen.simulated else []
    _conclude(run, report, package, predictions, arn)
    metric, value = summary.gate_metric(report)
    return Outcome(
        workload=workload,
        seconds=clock.total,
        metric=metric,
        value=value,
        rows=report["rows"],
        trials=trials,
        simulated=(*stand_ins(_images(package)), *simulated),
    )


def _images(package: dict[str, Any]) -> list[str]:
    metadata = package["CustomerMetadataProperties"]
    return [metadata.get("training_image", ""), metadata.get("inference_image", "")]


def _conclude(
    run: WorkloadRun,
    report: dict[str, Any],
    package: dict[str, Any],
    predictions: list[Prediction],
    run_arn: str,
) -> None:
    run.narrator.heading("summary")
    settings = run.environment.cloud.settings
    summary.print_clock(run.narrator.console, run.clock)
    container = package["InferenceSpecification"]["Containers"][0]
    summary.print_places(
        run.narrator.console,
        {
            "pipeline run": run_arn,
            "evaluation report": report_uri(package),
            "its page": str(run.pages / "evaluation.html"),
            "model": container["ModelDataUrl"],
            "model package": package["ModelPackageArn"],
            "endpoint": run.endpoint,
            "local cloud's log": str(settings.log_file),
            "jobs' logs": f"{settings.jobs_dir}/<job>, and CloudWatch Logs",
            "CDK's log": str(run.environment.cdk_log),
            "look further": 'eval "$(make -s env)", then any call of the AWS CLI or an SDK',
            "end it": "`make stop` keeps the state, `make destroy` removes all of it",
        },
    )
    right = sum(item.right for item in predictions)
    metric, value = summary.gate_metric(report)
    run.narrator.say(
        f"\ntest {metric} {value:.4f} on {report['rows']} {summary.examples_of(report)} that no "
        f"training or tuning job saw; {right} of {len(predictions)} live predictions right; "
        f"{spell(run.clock.total)} in all"
    )
