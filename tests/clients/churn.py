"""A model of the built-in XGBoost image, trained by the SDK once for several tests."""

from __future__ import annotations

import random

import boto3
from sagemaker.core import image_uris
from sagemaker.core.training.configs import Compute, InputData
from sagemaker.train import ModelTrainer

from tests.clients.conftest import BUCKET

IMAGE = image_uris.retrieve("xgboost", region="us-east-1", version="3.2-0")


def rows(count: int) -> str:
    """CSV: whether the first number is the larger, and two numbers."""
    chance = random.Random(1)
    pairs = [(chance.random(), chance.random()) for _ in range(count)]
    return "\n".join(f"{int(a > b)},{a:.4f},{b:.4f}" for a, b in pairs)


def train(role: str) -> str:
    """The address of the model's archive."""
    s3 = boto3.client("s3")
    s3.put_object(Bucket=BUCKET, Key="churn/train/train.csv", Body=rows(200))
    trainer = ModelTrainer(
        training_image=IMAGE,
        role=role,
        base_job_name="churn",
        compute=Compute(instance_type="ml.m5.xlarge", instance_count=1),
        hyperparameters={"objective": "binary:logistic", "num_round": 5},
    )
    channel = InputData(
        channel_name="train", data_source=f"s3://{BUCKET}/churn/train", content_type="text/csv"
    )
    trainer.train(input_data_config=[channel], wait=False)
    job = trainer._latest_training_job
    job.wait(poll=1)
    return str(job.model_artifacts.s3_model_artifacts)
