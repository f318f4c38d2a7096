"""The configuration that an endpoint serves with, and whether it splits the requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from contracts.traffic_split import NEW_VARIANT, OLD_VARIANT
from lambdas.deployment.requests import is_deployment_name
from lambdas.shared.aws_errors import is_missing

Variant = Mapping[str, Any]


class NoSplit(Exception):
    """A split is to be changed, and none is on."""


class SplitIsOn(Exception):
    """A model package is to be deployed while two models share the requests."""


class SplitImpossible(Exception):
    """What serves cannot share the requests with a new model."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """An endpoint configuration that a deployment made.

    Attributes:
        variants: as SageMaker describes them, by their names.
        kms_key_arn: empty where it has none.
        has_shadow: whether a model gets a copy of the requests.
        created: when it was made, which is when its models began to serve together; None where
            SageMaker does not say.
    """

    name: str
    variants: Mapping[str, Variant]
    kms_key_arn: str
    has_shadow: bool = False
    created: datetime | None = None

    @property
    def is_split(self) -> bool:
        """Whether an old and a new model share the requests."""
        return set(self.variants) == {OLD_VARIANT, NEW_VARIANT}

    def model(self, variant: str) -> str:
        """Name of a variant's model."""
        return str(self.variants[variant]["ModelName"])


def read_configuration(sagemaker: Any, name: str, *, group: str) -> Configuration | None:
    """None if no deployment of `group` made a configuration of this name. Raises ClientError."""
    if not is_deployment_name(name, group=group):
        return None
    try:
        described = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return Configuration(
        name=name,
        variants={each["VariantName"]: each for each in described["ProductionVariants"]},
        kms_key_arn=described.get("KmsKeyId", ""),
        has_shadow=bool(described.get("ShadowProductionVariants")),
        created=described.get("CreationTime"),
    )


def why_not_beside(live: Configuration | None, *, config: str, kms_key_arn: str) -> str:
    """Why no new model can stand beside the one that serves with `config`; empty if one can.

    Args:
        live: the configuration of this name, if a deployment made it.
        kms_key_arn: that encrypts the new model's volumes, or empty.
    """
    if live is None or set(live.variants) != {OLD_VARIANT}:
        why = (
            f"the endpoint serves with {config}, which no deployment made for one model alone: "
            "there is no old model to stand beside"
        )
    elif bool(live.kms_key_arn) != bool(kms_key_arn):
        why = (
            f"{config} and the new model are on instance types of which one has storage of its "
            "own, for which SageMaker refuses a key, and the other needs the key for its "
            "volumes: one configuration cannot hold both"
        )
    else:
        return ""
    return (
        f"{why}; set serving.update: replace in the workload's YAML, deploy the app and approve "
        "the model package again"
    )


def may_share(live: Configuration | None, *, config: str, kms_key_arn: str) -> Configuration:
    """The configuration `config` that serves, if a new model may be put beside its model.

    Raises:
        SplitImpossible: says why not.
    """
    why = why_not_beside(live, config=config, kms_key_arn=kms_key_arn)
    if live is None or why:
        raise SplitImpossible(why)
    return live
