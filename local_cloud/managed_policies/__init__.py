"""AWS's managed policies for SageMaker, which MiniStack lacks: attached there, they grant nothing.

Names, statements and resources are AWS's ("AWS managed policy reference"), down to the buckets
with `sagemaker` in their names; statements on services that the local cloud has no part of
(Glue, Athena, Cognito, FSx, Service Catalog and the like) are left out.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent

DESCRIPTIONS = {
    "AmazonSageMakerFullAccess": "Provides full access to Amazon SageMaker via the AWS Management "
    "Console and SDK. Also provides select access to related services (e.g., S3, ECR, CloudWatch "
    "Logs).",
    "AmazonSageMakerReadOnly": "Provides read only access to Amazon SageMaker via the AWS "
    "Management Console and SDK.",
}


def documents() -> dict[str, tuple[str, str]]:
    """Name -> policy document (JSON text) and description."""
    return {
        name: ((FOLDER / f"{name}.json").read_text(encoding="utf-8"), description)
        for name, description in DESCRIPTIONS.items()
    }
