"""What the functions of intake are told by their environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambdas.shared.environment import EnvironmentReader


@dataclass(frozen=True, kw_only=True)
class GatherSettings:
    """Of `gather`.

    Attributes:
        quiet_seconds: how long the state machine waits before it first looks.
        workloads: names of the workloads that there are.
    """

    table_name: str
    state_machine_arn: str
    workloads: tuple[str, ...]
    alert_topic_arn: str
    quiet_seconds: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> GatherSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                table_name=reader.text("TABLE_NAME"),
                state_machine_arn=reader.text("STATE_MACHINE_ARN"),
                workloads=reader.texts("WORKLOADS"),
                alert_topic_arn=reader.text("ALERT_TOPIC_ARN"),
                quiet_seconds=reader.number("QUIET_SECONDS", minimum=1),
            )


@dataclass(frozen=True, kw_only=True)
class QuietSettings:
    """Of `check_quiet`.

    Attributes:
        quiet_seconds: without a new object, after which an upload counts as complete.
        max_wait_seconds: after which an upload that never rests is frozen as it is.
    """

    table_name: str
    quiet_seconds: int
    max_wait_seconds: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> QuietSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                table_name=reader.text("TABLE_NAME"),
                quiet_seconds=reader.number("QUIET_SECONDS", minimum=1),
                max_wait_seconds=reader.number("MAX_WAIT_SECONDS", minimum=1),
            )


@dataclass(frozen=True, kw_only=True)
class FreezeSettings:
    """Of `freeze`."""

    table_name: str
    data_bucket: str
    environment: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> FreezeSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                table_name=reader.text("TABLE_NAME"),
                data_bucket=reader.text("DATA_BUCKET"),
                environment=reader.text("ENVIRONMENT"),
            )


@dataclass(frozen=True, kw_only=True)
class ReleaseSettings:
    """Of `release`."""

    table_name: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> ReleaseSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(table_name=reader.text("TABLE_NAME"))
