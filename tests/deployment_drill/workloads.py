"""What is drilled: workloads that differ in how they are served, in an environment of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEPLOYMENT: Mapping[str, Any] = {
    "poll_seconds": 1,
    "timeout_minutes": 5,
    "bake_seconds": 0,
    "max_smoke_failures": 0,
}

UPDATED = "updated"
BATCHED = "batched"
SHADOWED = "shadowed"
SPLIT = "split"
KILLED = (UPDATED, "killed")
"""Drilled side by side, and served alike."""
SERVERLESS = "serverless"
QUEUED = "queued"
SCALED = "scaled"
CANARIES: Mapping[str, str] = {
    "errors": "canary-errors",
    "slow": "canary-slow",
    "wrong": "canary-wrong",
    "never healthy": "canary-sick",
}
"""Workload by what is wrong with the model that is tried there (`drill_server`)."""

CANARY_SHARE = 0.1

_BASE: Mapping[str, Any] = {
    "instance_type": "ml.m5.large",
    "instance_count": 1,
    "content_types": ["text/csv"],
    "response_types": ["text/csv"],
}
_CANARY: Mapping[str, Any] = {
    **_BASE,
    "instance_count": 2,
    "rollout": {
        "strategy": "canary",
        "step_percent": round(100 * CANARY_SHARE),
        # Alarms are over a minute.
        "step_wait_seconds": 180,
    },
    "alarms": {"max_5xx_percent": 1, "max_latency_p99_ms": 1000},
}

SERVING: Mapping[str, Mapping[str, Any]] = {
    UPDATED: _BASE,
    "killed": _BASE,
    BATCHED: {
        **_BASE,
        "mode": "batch",
        "batch": {"instance_type": "ml.m5.large", "quiet_seconds": 2},
    },
    SHADOWED: {
        **_BASE,
        "update": "shadow",
        "shadow": {"minutes": 1, "min_requests": 50, "max_latency_ratio": 10},
    },
    SPLIT: {
        **_BASE,
        "update": "split",
        "split_share": 0.2,
        "split_steps": {"shares": [0.5], "minutes": 1},
        "winner": {"confidence": 0.95, "min_outcomes": 200},
    },
    **dict.fromkeys(CANARIES.values(), _CANARY),
}

OTHER_WAYS: Mapping[str, Mapping[str, Any]] = {
    SERVERLESS: {
        **_BASE,
        "mode": "serverless",
        "serverless": {"memory_mb": 2048, "max_concurrency": 20},
    },
    QUEUED: {
        **_BASE,
        "mode": "async",
        "asynchronous": {"min_instances": 0, "max_instances": 1, "backlog_per_instance": 5},
    },
    SCALED: {
        **_BASE,
        "autoscaling": {"min_instances": 1, "max_instances": 2, "invocations_per_instance": 60},
        # Once a year each: the drill itself pauses and resumes.
        "hours": {"start": "cron(0 7 1 3 ? *)", "stop": "cron(0 7 2 3 ? *)", "timezone": "UTC"},
    },
}
"""In an environment of their own: one stack has no room for all workloads that are drilled."""
