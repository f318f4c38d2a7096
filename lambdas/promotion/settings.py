"""What the function of promotion is told by its environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambdas.shared.environment import EnvironmentReader


@dataclass(frozen=True, kw_only=True)
class PromoteSettings:
    """Of `promote`.

    Attributes:
        environment: that packages are brought into.
        source: the environment that they come from, and
        source_account: its AWS account, both in the region of this function.
        source_role_arn: the role there that may read them, assumed with
        external_id: which is no secret.
        workloads: that both environments have.
        artifact_bucket: of this environment.
    """

    environment: str
    source: str
    source_account: str
    source_role_arn: str
    external_id: str
    workloads: tuple[str, ...]
    artifact_bucket: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> PromoteSettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                environment=reader.text("ENVIRONMENT"),
                source=reader.text("SOURCE"),
                source_account=reader.text("SOURCE_ACCOUNT"),
                source_role_arn=reader.text("SOURCE_ROLE_ARN"),
                external_id=reader.text("EXTERNAL_ID"),
                workloads=reader.texts("WORKLOADS"),
                artifact_bucket=reader.text("ARTIFACT_BUCKET"),
            )
