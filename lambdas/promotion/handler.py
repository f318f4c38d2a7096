"""The function of promotion as operators call it.

| function | environment variables |
|---|---|
| promote | ENVIRONMENT, SOURCE, SOURCE_ACCOUNT, SOURCE_ROLE_ARN, EXTERNAL_ID, WORKLOADS, ARTIFACT_BUCKET |
"""  # noqa: E501 - a row of a table is one line

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

import boto3

from contracts import names
from lambdas.promotion.copying import Copier
from lambdas.promotion.errors import PromotionRefused
from lambdas.promotion.promote import Promoter
from lambdas.promotion.settings import PromoteSettings
from lambdas.promotion.source import Source
from lambdas.shared.clients import client

Event = Mapping[str, Any]

logging.getLogger().setLevel(logging.INFO)


def promote(event: Event, context: Any) -> dict[str, Any]:
    """`{"workload", "version"}` -> what was done; without a version, what is live in the source."""
    settings = PromoteSettings.read(os.environ)
    workload, version = _asked(event)
    session = _session(settings)
    # The function's own ARN tells the partition and the region, which both environments share.
    _, partition, _, region, *_ = context.invoked_function_arn.split(":")
    answer = Promoter(
        settings=settings,
        source=Source(
            environment=settings.source,
            registry=f"arn:{partition}:sagemaker:{region}:{settings.source_account}",
            sagemaker=session.client("sagemaker"),
            ssm=session.client("ssm"),
        ),
        copier=Copier(
            source=session.client("s3"), target=client("s3"), bucket=settings.artifact_bucket
        ),
        sagemaker=client("sagemaker"),
        s3=client("s3"),
    ).promote(workload, version)
    logging.info("%s", answer["summary"])
    return answer


def _session(settings: PromoteSettings) -> boto3.Session:
    """With the rights of the role in the environment that the package comes from."""
    assumed = client("sts").assume_role(
        RoleArn=settings.source_role_arn,
        RoleSessionName=names.promote_role(settings.environment),
        ExternalId=settings.external_id,
    )["Credentials"]
    return boto3.Session(
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )


def _asked(event: Event) -> tuple[str, int | None]:
    """Raises PromotionRefused for what is no workload or no version."""
    workload, version = event.get("workload"), event.get("version")
    if not isinstance(workload, str) or not workload:
        raise PromotionRefused(f"workload: {workload!r} is none; expected a name")
    if version is None:
        return workload, None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise PromotionRefused(f"version: {version!r} is none; expected a number from 1 up")
    return workload, version
