"""The alarms that let SageMaker roll an update of an endpoint back by itself."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from contracts import names
from contracts.serving import REALTIME, Serving
from contracts.traffic_split import OLD_VARIANT
from infra.constructs.statements import alarm_arn

_NAMESPACE = "AWS/SageMaker"
_PERIOD = Duration.minutes(1)
_MICROSECONDS_A_MILLISECOND = 1_000


class DeploymentAlarms(Construct):
    """Errors, latency and wrong answers of one endpoint, each evaluated over a minute.

    Nobody is told by them: SageMaker watches them while it updates the endpoint, and the
    deployment's notice says what it did. An endpoint that is not updated with guardrails
    (`contracts.serving.Serving.mode`) has none.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment_name: str,
        workload_name: str,
        serving: Serving,
    ) -> None:
        super().__init__(scope, construct_id)
        self._endpoint = names.endpoint_name(environment_name, workload_name)
        self._names = names.deployment_alarm_names(environment_name, workload_name)
        self.names: tuple[str, ...] = ()
        """Of the alarms that there are."""
        if serving.mode != REALTIME:
            return
        limits = serving.alarms
        if limits.max_5xx_percent is not None:
            self._alarm(
                "5xx",
                f"More than {limits.max_5xx_percent:g} % of a minute's requests ended in a 5XX",
                # Each request counts as 0 or 1: the average is the share of those that failed.
                self._of_endpoint("Invocation5XXErrors", "Average"),
                limits.max_5xx_percent / 100,
            )
        if limits.max_latency_p99_ms is not None:
            self._alarm(
                "latency",
                f"1 of 100 requests took the model longer than {limits.max_latency_p99_ms} ms",
                self._of_endpoint("ModelLatency", "p99"),
                limits.max_latency_p99_ms * _MICROSECONDS_A_MILLISECOND,
            )
        self._alarm(
            "wrong-answers",
            "More held-out samples than allowed were answered wrong during an update",
            cloudwatch.Metric(
                namespace=names.DEPLOYMENT_METRICS,
                metric_name=names.WRONG_ANSWERS,
                dimensions_map={"EndpointName": self._endpoint},
                statistic="Maximum",
                period=_PERIOD,
            ),
            0,
        )

    def describe(self) -> list[iam.PolicyStatement]:
        """Read the alarms, as whoever updates the endpoint has to, and SageMaker for them."""
        if not self.names:
            return []
        return [
            iam.PolicyStatement(
                sid="ReadAlarms",
                actions=["cloudwatch:DescribeAlarms"],
                resources=[alarm_arn(self, name) for name in self.names],
            )
        ]

    def _of_endpoint(self, metric: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=_NAMESPACE,
            metric_name=metric,
            dimensions_map={"EndpointName": self._endpoint, "VariantName": OLD_VARIANT},
            statistic=statistic,
            period=_PERIOD,
        )

    def _alarm(self, kind: str, what: str, metric: cloudwatch.Metric, threshold: float) -> None:
        name = self._names[kind]
        cloudwatch.Alarm(
            self,
            kind.title().replace("-", ""),
            alarm_name=name,
            alarm_description=f"{what}. While the endpoint {self._endpoint} is updated, SageMaker "
            "rolls the update back.",
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        self.names = (*self.names, name)
