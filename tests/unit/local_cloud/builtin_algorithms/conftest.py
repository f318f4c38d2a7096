from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

from tests.local_cloud_fixture import RunningCloud

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
BUCKET = "tables"
ENDED = ("Completed", "Failed", "Stopped")
STATEMENTS: list[dict[str, Any]] = [
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["*"]},
    {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["*"]},
    {
        "Effect": "Allow",
        "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": ["*"],
    },
]
MULTICLASS = {"objective": "multi:softmax", "num_class": "3"}


@dataclass(frozen=True)
class Iris:
    """The flowers, split by class; a table's first column is the label."""

    train: np.ndarray[Any, Any]
    validation: np.ndarray[Any, Any]
    test: np.ndarray[Any, Any]


@dataclass(frozen=True)
class Tables:
    """Trains and serves the built-in XGBoost on a real local cloud."""

    cloud: RunningCloud
    role: str
    sagemaker: Any
    s3: Any

    def put(self, key: str, body: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode())

    def definition(
        self, prefix: str, *channels: str, content_type: str = "text/csv", **changes: Any
    ) -> dict[str, Any]:
        """What training jobs and a tuning job's training definition have in common."""
        return {
            "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
            "RoleArn": self.role,
            "InputDataConfig": [
                {
                    "ChannelName": channel,
                    "ContentType": content_type,
                    "DataSource": {
                        "S3DataSource": {
                            "S3DataType": "S3Prefix",
                            "S3Uri": f"s3://{BUCKET}/{prefix}/{channel}/",
                        }
                    },
                }
                for channel in channels
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 1,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            **changes,
        }

    def train(
        self, name: str, hyperparameters: dict[str, str], definition: dict[str, Any]
    ) -> dict[str, Any]:
        """A training job's description at its end."""
        self.sagemaker.create_training_job(
            TrainingJobName=name, HyperParameters=hyperparameters, **definition
        )
        return awaited(
            lambda: self.sagemaker.describe_training_job(TrainingJobName=name),
            "TrainingJobStatus",
        )

    def log(self, job: str) -> str:
        path = self.cloud.settings.jobs_dir / f"training-job-{job}" / "job.log"
        return path.read_text()


def awaited(describe: Callable[[], dict[str, Any]], member: str, *ends: str) -> dict[str, Any]:
    """The description once it has come to an end."""
    deadline = time.monotonic() + 60
    while (description := describe())[member] not in (ends or ENDED):
        assert time.monotonic() < deadline, description
        time.sleep(0.1)
    return description


def to_csv(table: np.ndarray[Any, Any]) -> str:
    text = io.StringIO()
    np.savetxt(text, table, delimiter=",", fmt="%g")
    return text.getvalue()


def to_libsvm(table: np.ndarray[Any, Any]) -> str:
    return "".join(
        f"{row[0]:g} "
        + " ".join(f"{index}:{value:g}" for index, value in enumerate(row[1:]))
        + "\n"
        for row in table
    )


@pytest.fixture(scope="session")
def iris() -> Iris:
    features, labels = load_iris(return_X_y=True)
    table = np.column_stack([labels, features])
    train, rest = train_test_split(table, train_size=90, stratify=labels, random_state=0)
    validation, test = train_test_split(rest, test_size=30, stratify=rest[:, 0], random_state=0)
    return Iris(train=train, validation=validation, test=test)


@pytest.fixture(scope="session")
def tables(cloud: RunningCloud, iris: Iris) -> Tables:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    role = cloud.role("tables", STATEMENTS, trusts=["sagemaker.amazonaws.com"])
    made = Tables(cloud, role, cloud.client("sagemaker"), s3)
    for channel, table in (("train", iris.train), ("validation", iris.validation)):
        made.put(f"csv/{channel}/part-0.csv", to_csv(table[:20]))
        made.put(f"csv/{channel}/more/part-1.csv", to_csv(table[20:]))
        made.put(f"libsvm/{channel}/{channel}.libsvm", to_libsvm(table))
    return made
