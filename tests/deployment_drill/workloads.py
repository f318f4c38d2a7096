"""What is drilled: workloads that differ in how they are served, in an environment of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEPLOYMENT: Mapping[str, Any] = {"poll_seconds": 1, "timeout_minutes": 3, "max_smoke_failures": 0}

UPDATED = "updated"
KILLED = "killed"
BATCHED = "batched"

_BASE: Mapping[str, Any] = {
    "instance_type": "ml.m5.large",
    "instance_count": 1,
    "content_types": ["text/csv"],
    "response_types": ["text/csv"],
}

SERVING: Mapping[str, Mapping[str, Any]] = {
    UPDATED: _BASE,
    KILLED: _BASE,
    BATCHED: {
        **_BASE,
        "mode": "batch",
        "batch": {"instance_type": "ml.m5.large", "quiet_seconds": 2},
    },
}
