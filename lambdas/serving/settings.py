"""What the functions of serving are told by their environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.serving import Batch, Serving
from lambdas.serving.transform_request import TransformSettings
from lambdas.shared.environment import EnvironmentFaults, EnvironmentReader


@dataclass(frozen=True, kw_only=True)
class GatherSettings:
    """Of `gather`.

    Attributes:
        quiet_seconds: that an execution waits at least before it looks.
    """

    state_machine_arn: str
    quiet_seconds: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> GatherSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                state_machine_arn=reader.text("STATE_MACHINE_ARN"),
                quiet_seconds=reader.number("QUIET_SECONDS", minimum=1),
            )


@dataclass(frozen=True, kw_only=True)
class FreezeSettings:
    """Of `freeze`.

    Attributes:
        quiet_seconds: without a new object, after which a run takes what is there.
    """

    environment: str
    workload: str
    data_bucket: str
    quiet_seconds: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> FreezeSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                environment=reader.text("ENVIRONMENT"),
                workload=reader.text("WORKLOAD"),
                data_bucket=reader.text("DATA_BUCKET"),
                quiet_seconds=reader.number("QUIET_SECONDS", minimum=1),
            )


@dataclass(frozen=True, kw_only=True)
class AdvanceSettings:
    """Of `advance`."""

    workload: str
    data_bucket: str
    transform: TransformSettings

    @property
    def batch(self) -> Batch:
        return self.transform.batch

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> AdvanceSettings:
        """Raises EnvironmentFaults, or DocumentError for SERVING."""
        reader = EnvironmentReader(environ)
        serving = reader.text("SERVING")
        read = {
            name: reader.text(name)
            for name in (
                "ENVIRONMENT",
                "WORKLOAD",
                "DATA_BUCKET",
                "CONTENT_TYPE",
                "ACCEPT",
                "KMS_KEY_ARN",
            )
        }
        volume_key = reader.text("VOLUME_KEY_ARN", may_be_empty=True)
        reader.check()
        batch = Serving.parse(serving).batch
        if batch is None:
            raise EnvironmentFaults("the function's environment is wrong: SERVING has no batch")
        return cls(
            workload=read["WORKLOAD"],
            data_bucket=read["DATA_BUCKET"],
            transform=TransformSettings(
                environment=read["ENVIRONMENT"],
                batch=batch,
                content_type=read["CONTENT_TYPE"],
                accept=read["ACCEPT"],
                key_arn=read["KMS_KEY_ARN"],
                volume_key_arn=volume_key,
            ),
        )
