"""A deployment that asks a person: what the registry, the bucket and the record say of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from contracts.champion_record import ChampionRecord, Deployed
from contracts.evaluation_report import Champion, ClassScores, EvaluationReport, Metric
from lambdas.deployment.approval_request import ApprovalRequest
from lambdas.deployment.settings import ApprovalSettings
from tests.unit.lambdas.deployment_doubles import ARN, GROUP, SageMaker, package
from tests.unit.lambdas.promotion_doubles import Parameters

NOW = datetime(2026, 11, 21, 11, 37, 53, tzinfo=UTC)
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:rookery-test-birds-deployment:event-1"
PARAMETER = "/rookery/test/birds/champion"
OLD = f"{ARN}model-package/{GROUP}/3"
NEW = f"{ARN}model-package/{GROUP}/4"
PAGE = "birds/deployments/event-1/approval.html"
RECORD = "birds/deployments/event-1/approval.json"
SCORES = ClassScores(precision=1.0, recall=1.0, f1=1.0, rows=50)


class Topic:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []

    def publish(self, **request: str) -> None:
        self.told.append(request)


class Asking:
    """Version 4 asks to take the place of version 3, which serves."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self.s3, self.bucket = s3, bucket
        self.sagemaker, self.ssm, self.topic = SageMaker(), Parameters(), Topic()
        self.report_uri = f"s3://{bucket}/birds/run/evaluation/evaluation.json"
        self.sagemaker.packages[NEW] = package(
            4,
            InferenceSpecification={
                "Containers": [
                    {
                        "Image": "763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow:2.19",
                        "ModelDataUrl": f"s3://{bucket}/birds/run/model/model.tar.gz",
                    }
                ],
                "SupportedContentTypes": [],
                "SupportedResponseMIMETypes": [],
            },
            CustomerMetadataProperties={
                "samples": f"s3://{bucket}/birds/run/samples",
                "evaluation_report": self.report_uri,
                "tuning_job": "birds-tuning-1",
                "dataset_version": "d" * 64,
                "model_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "promoted_from": f"{ARN}model-package/rookery-dev-birds/7",
                "promoted_at": "2026-11-20T08:00:00+00:00",
            },
        )
        self.plan: dict[str, Any] = {
            "kind": "deployment",
            "nothing_to_do": False,
            "model_package": NEW,
            "summary": "Version 4 of rookery-test-birds, to the endpoint rookery-test-birds",
            "evaluation_report": self.report_uri,
            "previous_config": "rookery-test-birds-v3-0a1b2c3d",
            "endpoint_exists": True,
            "target_variant": "",
            "endpoint_config": {
                "EndpointConfigName": "rookery-test-birds-v4-4e5f6a7b",
                "ProductionVariants": [
                    {
                        "VariantName": "AllTraffic",
                        "InstanceType": "ml.c6i.xlarge",
                        "InitialInstanceCount": 3,
                    }
                ],
            },
            "endpoint": {
                "EndpointName": "rookery-test-birds",
                "EndpointConfigName": "rookery-test-birds-v4-4e5f6a7b",
                "DeploymentConfig": {
                    "BlueGreenUpdatePolicy": {
                        "TrafficRoutingConfiguration": {
                            "Type": "CANARY",
                            "WaitIntervalInSeconds": 300,
                            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 34},
                        },
                        "TerminationWaitInSeconds": 600,
                    }
                },
            },
        }

    def let_serve(self, arn: str = OLD, **metrics: float) -> None:
        champion = Deployed(
            package=arn,
            version=int(arn.rpartition("/")[2]),
            model="m",
            config="m",
            deployed_at="2026-11-01T09:30:00Z",
            metrics=metrics,
        )
        self.ssm.values[PARAMETER] = ChampionRecord(champion=champion).to_json()

    def write_report(self, *, champion: str | None = OLD, page: bool = True) -> None:
        compared = Champion(
            model_package_arn=champion,
            dataset_version=None,
            metrics={"accuracy": Metric(value=0.94), "log_loss": Metric(value=0.21)},
        )
        report = EvaluationReport(
            metrics={
                "accuracy": Metric(value=0.9612, standard_deviation=0.012),
                "log_loss": Metric(value=0.2734),
                "macro_f1": Metric(value=0.9588, standard_deviation=0.013),
            },
            classes=("cat", "dog"),
            confusion_matrix=((50, 0), (0, 50)),
            per_class={"cat": SCORES, "dog": SCORES},
            rows=100,
            champion=compared if champion else None,
        )
        self.put("birds/run/evaluation/evaluation.json", report.to_json())
        if page:
            self.put("birds/run/evaluation/evaluation.html", "<html>")

    def put(self, key: str, text: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())

    def text(self, key: str) -> str:
        content: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content.decode()

    def ask(self) -> None:
        ApprovalRequest(
            settings=ApprovalSettings(
                environment="test",
                artifact_bucket=self.bucket,
                alert_topic_arn="topic",
                timeout_hours=24,
            ),
            workload="birds",
            sagemaker=self.sagemaker.client(),
            ssm=self.ssm.client(),
            s3=self.s3,
            sns=self.topic,
            clock=lambda: NOW,
        ).ask(self.plan, execution=EXECUTION, token="token")
