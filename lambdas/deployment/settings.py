"""What the functions of deployment are told by their environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambdas.shared.environment import EnvironmentReader


@dataclass(frozen=True, kw_only=True)
class PlanSettings:
    """Of `plan`.

    Attributes:
        model_role_arn: what the serving container acts as.
        kms_key_arn: encrypts the volumes; empty where the instances have storage of their own,
            for which SageMaker refuses a key.
        first_share: of the requests, which a new model gets beside the one that serves; with 1
            it takes that one's place.
        environment, workload: for the commands that people are told.
    """

    environment: str
    workload: str
    endpoint_name: str
    model_package_group: str
    model_role_arn: str
    instance_type: str
    instance_count: int
    kms_key_arn: str
    first_share: float = 1.0

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> PlanSettings:
        """Raises EnvironmentFaults."""
        reader = EnvironmentReader(environ)
        settings = cls(
            environment=reader.text("ENVIRONMENT"),
            workload=reader.text("WORKLOAD"),
            endpoint_name=reader.text("ENDPOINT_NAME"),
            model_package_group=reader.text("MODEL_PACKAGE_GROUP"),
            model_role_arn=reader.text("MODEL_ROLE_ARN"),
            instance_type=reader.text("INSTANCE_TYPE"),
            instance_count=reader.number("INSTANCE_COUNT", minimum=1),
            kms_key_arn=reader.text("KMS_KEY_ARN", may_be_empty=True),
            first_share=reader.share("FIRST_SHARE"),
        )
        reader.check()
        return settings


@dataclass(frozen=True, kw_only=True)
class SmokeTestSettings:
    """Of `smoke_test`.

    Attributes:
        max_failures: how many samples may be answered wrongly or not at all.
    """

    endpoint_name: str
    max_failures: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> SmokeTestSettings:
        """Raises EnvironmentFaults."""
        reader = EnvironmentReader(environ)
        settings = cls(
            endpoint_name=reader.text("ENDPOINT_NAME"),
            max_failures=reader.number("MAX_FAILURES", minimum=0),
        )
        reader.check()
        return settings


@dataclass(frozen=True, kw_only=True)
class RollBackSettings:
    """Of `roll_back`."""

    endpoint_name: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> RollBackSettings:
        """Raises EnvironmentFaults."""
        reader = EnvironmentReader(environ)
        settings = cls(endpoint_name=reader.text("ENDPOINT_NAME"))
        reader.check()
        return settings


@dataclass(frozen=True, kw_only=True)
class CleanUpSettings:
    """Of `clean_up`."""

    endpoint_name: str
    model_package_group: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> CleanUpSettings:
        """Raises EnvironmentFaults."""
        reader = EnvironmentReader(environ)
        settings = cls(
            endpoint_name=reader.text("ENDPOINT_NAME"),
            model_package_group=reader.text("MODEL_PACKAGE_GROUP"),
        )
        reader.check()
        return settings
