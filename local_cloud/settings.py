"""Where a local cloud lives and listens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT = 4566
ACCOUNT_ID = "000000000000"


@dataclass(frozen=True, kw_only=True)
class LocalCloudSettings:
    """Settings of one local cloud; everything it writes lies under ``state_dir``."""

    state_dir: Path
    port: int = DEFAULT_PORT
    account_id: str = ACCOUNT_ID
    region: str = "us-east-1"
    time_scale: float = 1.0
    """How many times as fast as on AWS time passes where AWS waits; what is not shortened is in
    docs/local-cloud.md, "Time that passes faster"."""

    def shortened(self, seconds: float) -> float:
        """How long a wait of so many seconds on AWS lasts here."""
        return seconds / self.time_scale

    @property
    def endpoint_url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def certificate(self) -> Path:
        """Self-signed certificate for localhost (PEM)."""
        return self.state_dir / "tls" / "localhost.pem"

    @property
    def private_key(self) -> Path:
        return self.state_dir / "tls" / "localhost-key.pem"

    @property
    def ca_bundle(self) -> Path:
        """The system's certificate authorities plus :attr:`certificate` (PEM)."""
        return self.state_dir / "tls" / "ca-bundle.pem"

    @property
    def sdk_defaults(self) -> Path:
        """The SageMaker Python SDK's defaults file (YAML)."""
        return self.state_dir / "sagemaker-sdk.yaml"

    @property
    def log_file(self) -> Path:
        return self.state_dir / "local-cloud.log"

    @property
    def port_file(self) -> Path:
        """Holds the port that the state was last served under."""
        return self.state_dir / "port"

    @property
    def ministack_dir(self) -> Path:
        """MiniStack's state, one JSON file a service."""
        return self.state_dir / "ministack"

    @property
    def objects_dir(self) -> Path:
        """MiniStack's objects of S3."""
        return self.state_dir / "s3"

    @property
    def database(self) -> Path:
        """SQLite file with every SageMaker resource."""
        return self.state_dir / "sagemaker.sqlite"

    @property
    def temporary_dir(self) -> Path:
        """Temporary files of the server and of Lambda functions; emptied at each start."""
        return self.state_dir / "tmp"

    @property
    def jobs_dir(self) -> Path:
        """One folder a job: its ``/opt/ml`` tree and its log."""
        return self.state_dir / "jobs"

    @property
    def endpoints_dir(self) -> Path:
        """One folder a model server process: its model files and its log."""
        return self.state_dir / "endpoints"

    @property
    def builds_dir(self) -> Path:
        """One folder a CodeBuild build: its log."""
        return self.state_dir / "builds"

    @property
    def images_dir(self) -> Path:
        """One folder a container image that a build pushed, named by its digest."""
        return self.state_dir / "images"

    @property
    def private(self) -> tuple[Path, ...]:
        """What jobs and model servers must not see: all state, and the user's own AWS keys."""
        return (self.state_dir, Path.home() / ".aws")

    @property
    def public(self) -> tuple[Path, ...]:
        """What they may see of the state: by what they trust this local cloud's certificate."""
        return (self.certificate, self.ca_bundle)

    @property
    def registry(self) -> str:
        """The host of this account's ECR registry, as it stands in image addresses."""
        return f"{self.account_id}.dkr.ecr.{self.region}.amazonaws.com"
