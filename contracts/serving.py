"""How a workload's model serves: what the settings say, as the functions of deployment read it.

The names are those of `serving` in a workload's YAML. The environment variable SERVING holds it
as JSON, with the defaults of the settings in place: what is None there was told so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from contracts.documents import DocumentError, from_document, to_document

REALTIME: Literal["realtime"] = "realtime"
SERVERLESS: Literal["serverless"] = "serverless"
ASYNC: Literal["async"] = "async"
BATCH: Literal["batch"] = "batch"

Mode = Literal["realtime", "serverless", "async", "batch"]
Update = Literal["replace", "split", "shadow"]
Strategy = Literal["all-at-once", "canary", "linear", "rolling"]

MAX_UPDATE_SECONDS = 28_800
"""That SageMaker lets an update of an endpoint take (MaximumExecutionTimeoutInSeconds)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollout:
    """How a new model takes the old one's place.

    Attributes:
        step_percent: of the instances: the canary, a linear step, a rolling batch.
        step_wait_seconds: that the alarms are watched from one step to the next.
    """

    strategy: Strategy = "all-at-once"
    step_percent: int = 10
    step_wait_seconds: int = 300

    def waiting_seconds(self, bake_seconds: int) -> int:
        """How long an update waits in all between its steps and at its end: it is watched for
        `step_wait_seconds` after each step, the last one included ("Use canary traffic shifting"
        in the Amazon SageMaker developer guide: "a final baking period").

        Args:
            bake_seconds: that the old instances are kept after the last step. A rolling update
                keeps none.
        """
        steps = {
            "all-at-once": 0,
            "canary": 2,
            "linear": -(-100 // self.step_percent),
            "rolling": -(-100 // self.step_percent),
        }[self.strategy]
        bake = 0 if self.strategy == "rolling" else bake_seconds
        return steps * self.step_wait_seconds + bake


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarms:
    """What rolls an update back.

    Attributes:
        max_5xx_percent: of a minute's requests; None for no such alarm.
        max_latency_p99_ms: milliseconds; None for no such alarm.
    """

    max_5xx_percent: float | None = None
    max_latency_p99_ms: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Floor:
    """From each time of `schedule` (cron) on, no fewer than `min_instances`."""

    schedule: str
    timezone: str
    min_instances: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Autoscaling:
    """As many instances as the requests need.

    Attributes:
        invocations_per_instance: in a minute.
        scale_in: False where instances are added only.
    """

    min_instances: int
    max_instances: int
    invocations_per_instance: int
    scale_in: bool = True
    scale_in_cooldown_seconds: int = 300
    scale_out_cooldown_seconds: int = 60
    floors: tuple[Floor, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Hours:
    """When there is an endpoint; `start` and `stop` are cron expressions."""

    start: str
    stop: str
    timezone: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Serverless:
    """An endpoint without instances of its own."""

    memory_mb: int
    max_concurrency: int
    provisioned_concurrency: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Asynchronous:
    """An endpoint that takes its requests from S3.

    Attributes:
        max_concurrent_per_instance: None for AWS's choice.
        backlog_per_instance: waiting requests for which one instance should be there.
    """

    max_instances: int
    backlog_per_instance: int
    min_instances: int = 0
    max_concurrent_per_instance: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Batch transform of uploads, in place of an endpoint."""

    instance_type: str
    instance_count: int = 1
    schedule: str | None = None
    split: Literal["line", "none"] = "line"
    max_payload_mb: int = 6
    max_concurrent_transforms: int = 2
    quiet_seconds: int = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Shadow:
    """The new model gets a copy of the requests before it goes live."""

    minutes: int
    sample_percent: int = 100
    max_disagreement_percent: float = 5
    max_latency_ratio: float = 1.5
    min_requests: int = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitSteps:
    """Shares that the new model of a split gets by itself, `minutes` after each other."""

    shares: tuple[float, ...]
    minutes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Winner:
    """When recorded outcomes end a split."""

    confidence: float = 0.95
    min_outcomes: int = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Vpc:
    """The network of the containers, by ids."""

    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """One workload's, in one environment.

    Attributes:
        first_share: of the requests, which a new model gets first; 1 without a split.
        data_capture_percent: of requests and answers; None for none.
    """

    instance_type: str
    instance_count: int
    mode: Mode = "realtime"
    update: Update = "replace"
    first_share: float = 1.0
    rollout: Rollout = field(default_factory=Rollout)
    alarms: Alarms = field(default_factory=Alarms)
    autoscaling: Autoscaling | None = None
    hours: Hours | None = None
    serverless: Serverless | None = None
    asynchronous: Asynchronous | None = None
    batch: Batch | None = None
    data_capture_percent: int | None = None
    vpc: Vpc | None = None
    shadow: Shadow | None = None
    split_steps: SplitSteps | None = None
    winner: Winner | None = None

    def to_json(self) -> str:
        """Short, and the same each time; what is None is left out."""
        return json.dumps(to_document(self), separators=(",", ":"), sort_keys=True)

    @classmethod
    def parse(cls, text: str) -> Serving:
        """Read `to_json`. Raises DocumentError with all faults."""
        try:
            document: Any = json.loads(text)
        except ValueError as error:
            raise DocumentError("the serving", [f"it is no JSON: {error}"]) from error
        return from_document(cls, document, what="the serving")

    def __str__(self) -> str:
        """What it runs on, for people: `2 x ml.m5.large`."""
        if self.serverless is not None:
            return (
                f"serverless inference of {self.serverless.memory_mb} MB for "
                f"{self.serverless.max_concurrency} requests at once"
            )
        if self.batch is not None:
            return f"batch transform on {self.batch.instance_count} x {self.batch.instance_type}"
        asynchronous = ", asynchronous" if self.mode == "async" else ""
        return f"{self.instance_count} x {self.instance_type}{asynchronous}"

    @property
    def has_endpoint(self) -> bool:
        """Whether there is an endpoint at all."""
        return self.mode != "batch"

    @property
    def answers_at_once(self) -> bool:
        """Whether a request is answered by its response, and not later in S3."""
        return self.mode in ("realtime", "serverless")

    @property
    def scales(self) -> bool:
        """Whether Application Auto Scaling changes the number of instances."""
        return self.autoscaling is not None or self.asynchronous is not None
