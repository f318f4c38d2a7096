"""Images: containers of our own are built in the account, so that no one needs Docker."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput, RemovalPolicy
from constructs import Construct

from contracts import names
from infra.constructs.image_build import ImageBuild
from infra.pipeline.workload_images import aws_images
from infra.settings import EnvironmentSettings, Settings, WorkloadSettings
from infra.settings.instance_types import accelerator_of
from stacks.foundation import FoundationStack
from stacks.stage import StageStack


class ImagesStack(StageStack):
    """Repository and build of each workload that has an image of its own.

    Attributes:
        uris: of these images, by workload. They are known at synth, so that no stack holds on
            to a value of this one, which would then not let it change.
    """

    def __init__(
        self, scope: Construct, *, settings: Settings, foundation: FoundationStack
    ) -> None:
        super().__init__(scope, word="images", settings=settings)
        environment = settings.environment
        destroy = environment.removal == "destroy"
        uris: dict[str, str] = {}
        for workload in settings.workloads:
            if workload.image is None:
                continue
            repository_name = names.image_repository(environment.name, workload.name)
            build = ImageBuild(
                self,
                workload.name,
                folder=workload.image,
                repository_name=repository_name,
                base_image=_base_image(workload, environment.region),
                key=foundation.key,
                removal_policy=RemovalPolicy.DESTROY if destroy else RemovalPolicy.RETAIN,
                retention=self.log_retention,
                pulled_by=_accounts_after(settings, workload.name),
            )
            uris[workload.name] = f"{_repository(environment, workload.name)}:{build.tag}"
            CfnOutput(self, names.output_key("ImageDigest", workload.name), value=build.digest)
        self.uris: Mapping[str, str] = uris


def has_images(settings: Settings) -> bool:
    """Whether a workload has an image of its own; without one there is nothing to deploy."""
    return any(workload.image for workload in settings.workloads)


def promoted_image_uris(settings: Settings, workload: WorkloadSettings) -> list[str]:
    """Images of its own that a workload's packages may bring from the environments before.

    An image stays where it was built: a package that comes from dev to staging, and from there
    to prod, names the one in dev. The tags are not known here.
    """
    if workload.image is None:
        return []
    return [
        f"{_repository(environment, workload.name)}:promoted"
        for environment in settings.promotion.before
        if workload.name in environment.workloads
    ]


def _repository(environment: EnvironmentSettings, workload: str) -> str:
    registry = f"{environment.account}.dkr.ecr.{environment.region}.amazonaws.com"
    return f"{registry}/{names.image_repository(environment.name, workload)}"


def _accounts_after(settings: Settings, workload: str) -> list[str]:
    """Other accounts whose endpoints serve with a workload's image once it was promoted."""
    accounts = {
        environment.account
        for environment in settings.promotion.later
        if workload in environment.workloads
    }
    return sorted(accounts - {settings.environment.account})


def _base_image(workload: WorkloadSettings, region: str) -> str | None:
    """The framework's image that the workload's own extends, for GPUs where a step has one."""
    if workload.framework is None:
        return None
    images = aws_images(workload, region)
    on_gpu = accelerator_of(workload.tuning.compute.instance_type) == "gpu"
    return images.tune if on_gpu else images.train
