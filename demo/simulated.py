"""What stands in for AWS's own programs here, as the table at the demo's end says it."""

from __future__ import annotations

from collections.abc import Iterable

EVERYWHERE = (
    "Everywhere: jobs and endpoints are processes of this machine, not containers on instances "
    "of AWS's; docs/local-cloud.md says what differs."
)
# By a part of the image's URI.
_STAND_INS = (
    ("tensorflow-inference:", "TensorFlow Serving"),
    ("pytorch-inference:", "TorchServe"),
    ("sagemaker-xgboost:", "AWS's XGBoost container (same library)"),
    ("/rookery-", "CodeBuild and Docker"),
)


def stand_ins(images: Iterable[str]) -> list[str]:
    """What is played by a stand-in, given the URIs of the images that a workload runs in."""
    used = list(images)
    return [name for part, name in _STAND_INS if any(part in image for image in used)]
