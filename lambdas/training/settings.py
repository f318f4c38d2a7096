"""What the functions of training are told by their environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambdas.shared.environment import EnvironmentReader


@dataclass(frozen=True, kw_only=True)
class NotifySettings:
    """Of `notify`.

    Attributes:
        environment: whose pipelines and model package groups it tells of.
        data_bucket: holds uploads and quarantine.
    """

    environment: str
    alert_topic_arn: str
    data_bucket: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> NotifySettings:
        """Raises EnvironmentFaults."""
        with EnvironmentReader(environ) as reader:
            return cls(
                environment=reader.text("ENVIRONMENT"),
                alert_topic_arn=reader.text("ALERT_TOPIC_ARN"),
                data_bucket=reader.text("DATA_BUCKET"),
            )
