"""Input channels of training jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.runner import objects, places
from local_cloud.sagemaker.runner.workspace import Workspace


def download(s3: Any, channel: Mapping[str, Any], workspace: Workspace) -> None:
    """A channel's S3 prefix into ``/opt/ml/input/data/<name>``, as in input mode File.

    FastFile streams on SageMaker; here its files are downloaded first, so programs see the
    same. Raises objects.DataError.
    """
    source = places.parse(channel["DataSource"]["S3DataSource"]["S3Uri"])
    folder = workspace.ml / "input" / "data" / channel["ChannelName"]
    objects.download_prefix(s3, source, folder)
