"""What the functions of deployment are told by their environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.serving import Serving
from lambdas.shared.environment import EnvironmentReader

_NO_SERVING = Serving(instance_type="", instance_count=0)


@dataclass(frozen=True, kw_only=True)
class PlanSettings:
    """Of `plan`.

    Attributes:
        serving: how the model serves.
        model_role_arn: what the serving container acts as.
        kms_key_arn: encrypts the volumes; empty where the instances have storage of their own,
            for which SageMaker refuses a key.
        artifact_bucket: name of the bucket that holds what is captured and what asynchronous
            requests are answered with.
        output_key_arn: encrypts what the endpoint writes there.
        success_topic_arn, error_topic_arn: hear of asynchronous requests; empty in other modes.
        alarms: names of those that roll an update back.
        bake_seconds: that the old instances are kept after the last step of an update.
        timeout_seconds: that an endpoint may take to be in service, besides an update's waits.
        outcome_bucket: name of the bucket with recorded outcomes; empty where none end a split.
        environment, workload: for the commands that people are told.
        champion_parameter: name of the SSM parameter that holds the champion record.
    """

    environment: str
    workload: str
    endpoint_name: str
    model_package_group: str
    champion_parameter: str
    model_role_arn: str
    serving: Serving
    kms_key_arn: str
    artifact_bucket: str
    output_key_arn: str
    bake_seconds: int
    timeout_seconds: int
    alarms: tuple[str, ...] = ()
    success_topic_arn: str = ""
    error_topic_arn: str = ""
    outcome_bucket: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> PlanSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                environment=reader.text("ENVIRONMENT"),
                workload=reader.text("WORKLOAD"),
                endpoint_name=reader.text("ENDPOINT_NAME"),
                model_package_group=reader.text("MODEL_PACKAGE_GROUP"),
                champion_parameter=reader.text("CHAMPION_PARAMETER"),
                model_role_arn=reader.text("MODEL_ROLE_ARN"),
                serving=reader.parsed("SERVING", Serving.parse, instead=_NO_SERVING),
                kms_key_arn=reader.text("KMS_KEY_ARN", may_be_empty=True),
                artifact_bucket=reader.text("ARTIFACT_BUCKET"),
                output_key_arn=reader.text("OUTPUT_KEY_ARN"),
                alarms=reader.texts("ALARMS", may_be_empty=True),
                bake_seconds=reader.number("BAKE_SECONDS", minimum=0),
                timeout_seconds=reader.number("TIMEOUT_SECONDS", minimum=1),
                success_topic_arn=reader.text("SUCCESS_TOPIC_ARN", may_be_empty=True),
                error_topic_arn=reader.text("ERROR_TOPIC_ARN", may_be_empty=True),
                outcome_bucket=reader.text("OUTCOME_BUCKET", may_be_empty=True),
            )

    def artifact_uri(self, prefix: str) -> str:
        """URI of a prefix in the artifact bucket."""
        return f"s3://{self.artifact_bucket}/{prefix}"


@dataclass(frozen=True, kw_only=True)
class SmokeTestSettings:
    """Of `smoke_test`.

    Attributes:
        mode: how the model serves, which decides how the endpoint is asked.
        max_failures: how many samples may be answered wrongly or not at all.
    """

    endpoint_name: str
    mode: str
    max_failures: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> SmokeTestSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                endpoint_name=reader.text("ENDPOINT_NAME"),
                mode=reader.text("MODE"),
                max_failures=reader.number("MAX_FAILURES", minimum=0),
            )


@dataclass(frozen=True, kw_only=True)
class CompareSettings:
    """Of `compare`.

    Attributes:
        serving: how the model serves; its `shadow` says what a shadow has to keep to.
        artifact_bucket: name of the bucket that holds what is captured.
    """

    endpoint_name: str
    workload: str
    artifact_bucket: str
    serving: Serving

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> CompareSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                endpoint_name=reader.text("ENDPOINT_NAME"),
                workload=reader.text("WORKLOAD"),
                artifact_bucket=reader.text("ARTIFACT_BUCKET"),
                serving=reader.parsed("SERVING", Serving.parse, instead=_NO_SERVING),
            )


@dataclass(frozen=True, kw_only=True)
class RollBackSettings:
    """Of `roll_back`."""

    endpoint_name: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> RollBackSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(endpoint_name=reader.text("ENDPOINT_NAME"))


@dataclass(frozen=True, kw_only=True)
class CleanUpSettings:
    """Of `clean_up`."""

    endpoint_name: str
    model_package_group: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> CleanUpSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                endpoint_name=reader.text("ENDPOINT_NAME"),
                model_package_group=reader.text("MODEL_PACKAGE_GROUP"),
            )


@dataclass(frozen=True, kw_only=True)
class PreflightSettings:
    """Of `preflight`.

    Attributes:
        account: whose images can be looked at.
        endpoints: names of all endpoints of the environment.
        alarms: names of those that roll an update back.
    """

    endpoint_name: str
    account: str
    serving: Serving
    endpoints: tuple[str, ...]
    alarms: tuple[str, ...] = ()

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> PreflightSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                endpoint_name=reader.text("ENDPOINT_NAME"),
                account=reader.text("ACCOUNT"),
                serving=reader.parsed("SERVING", Serving.parse, instead=_NO_SERVING),
                endpoints=reader.texts("ENDPOINTS"),
                alarms=reader.texts("ALARMS", may_be_empty=True),
            )


@dataclass(frozen=True, kw_only=True)
class ScaleSettings:
    """Of `scale`.

    Attributes:
        serving: how the model serves.
    """

    endpoint_name: str
    serving: Serving

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> ScaleSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                endpoint_name=reader.text("ENDPOINT_NAME"),
                serving=reader.parsed("SERVING", Serving.parse, instead=_NO_SERVING),
            )


@dataclass(frozen=True, kw_only=True)
class ApprovalSettings:
    """Of `ask_for_approval`.

    Attributes:
        timeout_hours: after which the state machine goes on without a decision.
    """

    environment: str
    artifact_bucket: str
    alert_topic_arn: str
    timeout_hours: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> ApprovalSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                environment=reader.text("ENVIRONMENT"),
                artifact_bucket=reader.text("ARTIFACT_BUCKET"),
                alert_topic_arn=reader.text("ALERT_TOPIC_ARN"),
                timeout_hours=reader.number("TIMEOUT_HOURS", minimum=1),
            )
