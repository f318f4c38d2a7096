"""Input channels of training jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.runner import objects, places
from local_cloud.sagemaker.runner.hosts import Host


def download(s3: Any, channel: Mapping[str, Any], host: Host) -> None:
    """A channel's S3 prefix into ``/opt/ml/input/data/<name>``, as in input mode File.

    FastFile streams on SageMaker; here its files are downloaded first, so programs see the
    same. Raises objects.DataError.
    """
    source = channel["DataSource"]["S3DataSource"]
    folder = host.workspace.ml / "input" / "data" / channel["ChannelName"]
    part = part_of(source, host)
    objects.download_prefix(s3, places.parse(source["S3Uri"]), folder, part=part)


def part_of(source: Mapping[str, Any], host: Host) -> objects.Part:
    """What the host gets of an input's objects, by its S3DataDistributionType."""
    sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
    return host.part if sharded else objects.WHOLE
