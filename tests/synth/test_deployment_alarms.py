"""What rolls an update of an endpoint back, in every environment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts import names
from infra.settings import load_settings
from tests.synth.templates import ENVIRONMENTS, ROOT, resources, stacks

pytestmark = pytest.mark.parametrize("environment", ENVIRONMENTS)


def alarms(environment: str) -> dict[str, dict[str, Any]]:
    """Properties of the deployment stack's alarms by name."""
    template = stacks(environment)[names.stack_name(environment, "deployment")]
    found = resources(template, "AWS::CloudWatch::Alarm").values()
    return {str(each["Properties"]["AlarmName"]): each["Properties"] for each in found}


def guarded(environment: str) -> list[str]:
    """Workloads whose updates are guarded."""
    settings = load_settings(ROOT / "config", environment)
    return [each.name for each in settings.workloads if each.serving.mode == "realtime"]


def test_errors_and_wrong_answers_of_every_endpoint_are_watched_by_the_minute(
    environment: str,
) -> None:
    found, workloads = alarms(environment), guarded(environment)
    assert workloads
    for workload in workloads:
        named = names.deployment_alarm_names(environment, workload)
        for kind, metric, statistic in (
            ("5xx", "Invocation5XXErrors", "Average"),
            ("wrong-answers", names.WRONG_ANSWERS, "Maximum"),
        ):
            alarm = found[named[kind]]
            assert (alarm["MetricName"], alarm["Statistic"]) == (metric, statistic)
            assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, 1)
            assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
            # Without requests nothing is known against the new model.
            assert alarm["TreatMissingData"] == "notBreaching"
            dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
            assert dimensions["EndpointName"] == names.endpoint_name(environment, workload)
        assert found[named["5xx"]]["Threshold"] < 1


def test_the_functions_are_told_the_alarms_that_there_are(environment: str) -> None:
    template = stacks(environment)[names.stack_name(environment, "deployment")]
    told = {
        name
        for function in resources(template, "AWS::Lambda::Function").values()
        if "ALARMS" in function["Properties"].get("Environment", {}).get("Variables", {})
        for name in function["Properties"]["Environment"]["Variables"]["ALARMS"].split(",")
        if name
    }
    assert told
    assert told <= alarms(environment).keys()


def test_who_updates_an_endpoint_and_what_serves_may_read_the_alarms(environment: str) -> None:
    template = stacks(environment)[names.stack_name(environment, "deployment")]
    readers = [
        roles["Ref"]
        for policy in resources(template, "AWS::IAM::Policy").values()
        if "ReadAlarms" in json.dumps(policy["Properties"]["PolicyDocument"])
        for roles in policy["Properties"]["Roles"]
    ]
    for part in ("Deploy", "Model", "Preflight"):
        assert sum(part in each for each in readers) >= len(guarded(environment)), part
