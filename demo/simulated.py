"""What stands in for AWS's own programs here, as the table at the demo's end says it."""

from __future__ import annotations

from collections.abc import Iterable

EVERYWHERE = (
    "Everywhere: jobs and endpoints are processes of this machine, not containers on instances "
    "of AWS's; docs/local-cloud.md says what differs."
)
# By a part of the image's URI.
_STAND_INS = (
    ("tensorflow-inference:", "a stand-in for TensorFlow Serving"),
    ("pytorch-inference:", "a stand-in for TorchServe"),
    ("sagemaker-xgboost:", "a stand-in for AWS's XGBoost container around the same library"),
    ("/rookery-", "a stand-in for CodeBuild's Docker"),
)


def stand_ins(images: Iterable[str]) -> list[str]:
    """What is played by a stand-in, given the URIs of the images that a workload runs in."""
    used = list(images)
    return [name for part, name in _STAND_INS if any(part in image for image in used)]
