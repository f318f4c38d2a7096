"""Which image each of a workload's jobs, and its endpoint, run in."""

from __future__ import annotations

from dataclasses import dataclass

from infra.pipeline.images import Scope, image_uri
from infra.settings.workload import WorkloadSettings


@dataclass(frozen=True, kw_only=True)
class WorkloadImages:
    """Image URIs by use; that of an image of our own may be a CDK token."""

    prepare: str
    tune: str
    train: str
    evaluate: str
    serve: str
    transform: str

    @property
    def of_jobs(self) -> tuple[str, ...]:
        """Those that the role of the jobs pulls."""
        return (self.prepare, self.tune, self.train, self.evaluate, self.transform)


def workload_images(
    workload: WorkloadSettings, region: str, own_image_uri: str | None = None
) -> WorkloadImages:
    """The images of a workload in a region.

    An image of ours runs training, and everything where there is no framework of AWS's. The
    framework's image prepares and evaluates: an image that extends it for training need not
    hold more than training takes.

    Args:
        own_image_uri: of the workload's own image; needed where it has one.

    Raises:
        UnknownImageError: AWS has no such image.
        ValueError: the own image's URI is missing.
    """
    if workload.image and own_image_uri is None:
        raise ValueError(f"{workload.name}: the URI of the image of {workload.image} is missing")
    if workload.image and not workload.framework:
        own = own_image_uri or ""
        return WorkloadImages(
            prepare=own, tune=own, train=own, evaluate=own, serve=own, transform=own
        )
    images = aws_images(workload, region)
    if own_image_uri is None or not workload.image:
        return images
    return WorkloadImages(
        prepare=images.prepare,
        tune=own_image_uri,
        train=own_image_uri,
        evaluate=images.evaluate,
        serve=images.serve,
        transform=images.transform,
    )


def aws_images(workload: WorkloadSettings, region: str) -> WorkloadImages:
    """AWS's images alone; raises UnknownImageError."""

    def uri(scope: Scope, instance_type: str) -> str:
        source = workload.framework or workload.algorithm
        if source is None:
            return ""
        version, python = source.version, None
        if workload.framework and scope == "training":
            python = workload.framework.python
        elif workload.framework:
            version = workload.framework.serving_version or version
        return image_uri(
            name=source.name,
            version=version,
            python=python,
            scope=scope,
            instance_type=instance_type,
            region=region,
        )

    evaluation = workload.evaluation
    transform = evaluation.batch_transform
    serving_type = workload.serving.instance_type
    return WorkloadImages(
        prepare=uri("training", workload.data.compute.instance_type),
        tune=uri("training", workload.tuning.compute.instance_type),
        train=uri("training", workload.training.compute.instance_type),
        evaluate=uri("training", evaluation.compute.instance_type),
        serve=uri("inference", serving_type),
        transform=uri("inference", transform.instance_type if transform else serving_type),
    )
