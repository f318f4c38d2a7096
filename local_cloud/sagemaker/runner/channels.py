"""Input channels of training jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from local_cloud.sagemaker.runner import objects, sources, streams
from local_cloud.sagemaker.runner.hosts import Host
from local_cloud.sagemaker.runner.pipes import ChannelPipe


def mode_of(channel: Mapping[str, Any], algorithm: Mapping[str, Any]) -> str:
    """A channel's own InputMode, else the AlgorithmSpecification's TrainingInputMode."""
    return str(channel.get("InputMode", algorithm["TrainingInputMode"]))


def download(s3: Any, channel: Mapping[str, Any], host: Host) -> None:
    """A channel's objects into ``/opt/ml/input/data/<name>``, as in input mode File.

    FastFile streams on SageMaker; here its files are downloaded first, so programs see the
    same. Raises objects.DataError.
    """
    source = channel["DataSource"]["S3DataSource"]
    folder = _data(host) / channel["ChannelName"]
    found = sources.find(s3, source)
    own = sources.in_order(found, part_of(source, host), seed=sources.seed_of(channel))
    sources.download(s3, own, folder)


@contextmanager
def piped(
    s3: Any, channels: Sequence[Mapping[str, Any]], host: Host
) -> Iterator[Callable[[], bool]]:
    """Feeds channels in input mode Pipe; what it gives says whether one of them has broken.

    Raises objects.DataError at once or, for one that broke, at the end.
    """
    with ExitStack() as stack:
        pipes = [stack.enter_context(_pipe(s3, channel, host)) for channel in channels]
        yield lambda: any(pipe.error for pipe in pipes)
    for pipe in pipes:
        if pipe.error is not None:
            raise pipe.error


def _pipe(s3: Any, channel: Mapping[str, Any], host: Host) -> ChannelPipe:
    part = part_of(channel["DataSource"]["S3DataSource"], host)
    content = streams.content_of(s3, channel, part)
    return ChannelPipe(_data(host), channel["ChannelName"], content)


def part_of(source: Mapping[str, Any], host: Host) -> objects.Part:
    """What the host gets of an input's objects, by its S3DataDistributionType."""
    sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
    return host.part if sharded else objects.WHOLE


def _data(host: Host) -> Path:
    return host.workspace.ml / "input" / "data"
