"""A variant's instances: real processes, side by side, more or fewer, replaced when lost."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.sagemaker.hosting import server
from local_cloud.sagemaker.hosting.instance import HealthRule
from local_cloud.sagemaker.hosting.question import Question
from local_cloud.sagemaker.hosting.variant import NoInstanceError, Variant
from tests.unit.local_cloud.endpoints.conftest import Hosting, listening, until
from tests.unit.local_cloud.endpoints.own_servers import plan_of, serving
from tests.unit.local_cloud.endpoints.traffic import Traffic


def scale(hosting: Hosting, endpoint: str, count: int) -> dict[str, Any]:
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": count}],
    )
    return hosting.settled(endpoint)


def servers(hosting: Hosting, endpoint: str) -> set[int]:
    """The ports of the processes that answer."""
    return {hosting.invoke(endpoint, "port")["port"] for _ in range(12)}


def test_instances_are_scaled_out_and_in_without_a_failed_request(hosting: Hosting) -> None:
    hosting.endpoint_of(1, "scaled")
    with Traffic(hosting, "scaled") as traffic:
        (summary,) = scale(hosting, "scaled", 3)["ProductionVariants"]
        assert (summary["CurrentInstanceCount"], summary["DesiredInstanceCount"]) == (3, 3)
        # Three clients in step meet the same instance again and again, since these take turns.
        until(lambda: len(servers(hosting, "scaled")) == 3)
        (summary,) = scale(hosting, "scaled", 1)["ProductionVariants"]
    assert not traffic.failures
    assert summary["CurrentInstanceCount"] == 1
    assert len(servers(hosting, "scaled")) == 1


def test_an_instance_that_dies_is_replaced_while_the_others_serve(hosting: Hosting) -> None:
    hosting.endpoint_of(2, "dying")
    first, second = servers(hosting, "dying")
    dying = listening(first)
    dying.kill()
    # On a busy machine it lives a moment longer, and breaks off what it took in it.
    dying.wait(30)
    # The dead one takes no connection, so that each request goes to the one that is left.
    assert servers(hosting, "dying") == {second}
    until(lambda: len(servers(hosting, "dying")) == 2)
    assert second in servers(hosting, "dying")


def test_instances_that_cannot_come_up_leave_the_number_as_it_was(hosting: Hosting) -> None:
    hosting.endpoint_of(1, "stuck")
    hosting.s3.delete_object(Bucket="models", Key="stuck/model.tar.gz")
    described = scale(hosting, "stuck", 2)
    assert described["EndpointStatus"] == "InService"
    assert "stuck/model.tar.gz" in described["FailureReason"]
    (summary,) = described["ProductionVariants"]
    assert (summary["CurrentInstanceCount"], summary["DesiredInstanceCount"]) == (1, 1)
    assert len(servers(hosting, "stuck")) == 1


def test_each_invocation_counts_in_the_endpoints_metrics(hosting: Hosting) -> None:
    hosting.endpoint_of(2, "measured")
    for body in ("hello", "hello", "slow 0.2"):
        hosting.invoke("measured", body)
    for body in ("fail 400", "fail 500"):
        with pytest.raises(hosting.runtime.exceptions.ModelError):
            hosting.invoke("measured", body)
    cloudwatch = hosting.cloud.client("cloudwatch")
    by_variant = {"EndpointName": "measured", "VariantName": "AllTraffic"}
    by_config = {**by_variant, "EndpointConfigName": "measured"}
    until(lambda: _statistics(cloudwatch, "Invocations", by_variant).get("Sum") == 5)
    wanted = {
        "InvocationsPerInstance": ("Sum", 2.5),
        "Invocation4XXErrors": ("Average", 0.2),
        "Invocation5XXErrors": ("Average", 0.2),
        "InvocationModelErrors": ("Sum", 2.0),
        "ConcurrentRequestsPerModel": ("Maximum", 1.0),
    }
    for dimensions in (by_variant, by_config):
        for name, (statistic, value) in wanted.items():
            assert _statistics(cloudwatch, name, dimensions)[statistic] == pytest.approx(value), (
                name
            )
        latency = _statistics(cloudwatch, "ModelLatency", dimensions)
        assert 200_000 <= latency["Maximum"] < 20_000_000
        assert latency["SampleCount"] == 5
        assert _statistics(cloudwatch, "OverheadLatency", dimensions)["Minimum"] > 0


def _statistics(cloudwatch: Any, name: str, dimensions: dict[str, str]) -> dict[str, Any]:
    found = cloudwatch.get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=time.time() - 600,
        EndTime=time.time() + 60,
        Period=3600,
        Statistics=["Sum", "Average", "Maximum", "Minimum", "SampleCount"],
    )["Datapoints"]
    assert len(found) <= 2
    # The clock may have struck the hour meanwhile.
    return dict(found[0]) if len(found) == 1 else {}


SERVER = """
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def answer(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(port).encode())

port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
def two_instances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Variant]:
    """Of a variant in this very process, that takes a server for hung quickly."""
    monkeypatch.setattr(server, "GRACE_SECONDS", 0.5)
    health = HealthRule(ping_seconds=0.1, idle_seconds=3.0, busy_seconds=3.0)
    with serving(tmp_path, SERVER) as service:
        plan = plan_of(instances=2, health_check_seconds=30)
        variant = Variant(service, "e", plan, "d", health=health)
        assert variant.scale(2, cancelled=lambda: False)
        yield variant
        variant.stop()


def ask(variant: Variant) -> int:
    """The port of the process that answered."""
    return int(variant.open(Question(headers={}, body=b"x"), 30.0).read().body)


def test_a_server_that_hangs_is_passed_over_and_then_replaced(two_instances: Variant) -> None:
    hung, well = {ask(two_instances) for _ in range(4)}
    stopped = listening(hung)
    stopped.send_signal(signal.SIGSTOP)
    until(lambda: [one.healthy for one in two_instances.instances].count(False) == 1)
    assert {ask(two_instances) for _ in range(4)} == {well}
    until(lambda: len({ask(two_instances) for _ in range(4)}) == 2)
    assert not stopped.is_running()


def test_requests_go_to_the_instance_with_the_fewest_under_way(two_instances: Variant) -> None:
    busy, idle = two_instances.instances
    with busy.request(), busy.request():
        assert len({ask(two_instances) for _ in range(4)}) == 1
        assert (busy.in_flight, idle.in_flight) == (2, 0)


def test_no_instance_left_is_said_and_not_taken_for_an_answer(two_instances: Variant) -> None:
    assert two_instances.scale(0, cancelled=lambda: False)
    with pytest.raises(NoInstanceError, match="Variant AllTraffic of endpoint e has no healthy"):
        ask(two_instances)
