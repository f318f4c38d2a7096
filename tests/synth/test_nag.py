"""cdk-nag's AwsSolutions rules hold on every environment, but for what is acknowledged."""

from __future__ import annotations

import pytest
from aws_cdk import App, RemovalPolicy, Stack
from aws_cdk import aws_s3 as s3

import app as application
from infra.policies import nag
from infra.policies.acknowledgments import ACKNOWLEDGED, main
from tests.synth.templates import EVERY_ENVIRONMENT, assembly, context, used_acknowledgments


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
def test_no_finding_stays_unacknowledged(environment: str) -> None:
    """Synth itself fails on one; that it did not is what this says."""
    assert assembly(environment).stacks


def test_a_finding_stops_the_synth() -> None:
    app = App(stack_traces=False, builtin_cloud_formation_validation=False)
    s3.Bucket(Stack(app, "Stack"), "Bucket", removal_policy=RemovalPolicy.DESTROY)
    nag.enforce_aws_solutions(app)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()


def test_the_app_itself_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the acknowledgments its own stacks do not pass: so the checks are on."""
    monkeypatch.setattr(nag, "ACKNOWLEDGED", ())
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        application.build_app("local", context=context()).synth()


def test_every_acknowledgment_has_a_reason_and_is_given_once() -> None:
    for known in ACKNOWLEDGED:
        assert len(known.reason) > 40, known
    assert len({(k.rule, k.finding, k.path) for k in ACKNOWLEDGED}) == len(ACKNOWLEDGED)


def test_every_acknowledgment_still_acknowledges_something() -> None:
    used = frozenset().union(*map(used_acknowledgments, EVERY_ENVIRONMENT))
    assert set(ACKNOWLEDGED) == used


def test_the_acknowledgments_are_printed_with_their_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main()
    printed = capsys.readouterr().out
    assert printed.endswith(f"{len(ACKNOWLEDGED)} acknowledgments of cdk-nag findings\n")
    for known in ACKNOWLEDGED:
        assert known.reason in printed
