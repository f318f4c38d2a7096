"""The CDK app: one environment's settings become its stacks, in the order of the data."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import App, Tags

from infra.policies.nag import enforce_aws_solutions
from infra.settings import ConfigurationError, environment_names, load_settings
from stacks.deployment import DeploymentStack
from stacks.foundation import FoundationStack
from stacks.images import ImagesStack, has_images
from stacks.intake import IntakeStack
from stacks.serving import ServingStack, has_batches
from stacks.training import TrainingStack

ROOT = Path(__file__).resolve().parent
CONFIG = ROOT / "config"


def build_app(
    environment: str | None = None,
    *,
    context: Mapping[str, Any] | None = None,
    outdir: str | None = None,
) -> App:
    """The app of one environment, ready for `synth`, which checks its policies.

    Args:
        environment: name of a file in `config/environments`; without it, the CDK context's
            `env` (`cdk deploy -c env=dev`).
        context: of the CDK, besides what its command line gives: `workloads` (those of the
            environment to deploy, with commas between them; all unless given), `git_commit`
            (for the lineage of models) and `config` (a folder to read in place of `config/`).

    Raises:
        ConfigurationError: everything that is wrong in the environment's and its workloads'
            files together.
        NoEnvironmentError: none was named.
    """
    app = build_stacks(environment, context=context, outdir=outdir)
    enforce_aws_solutions(app)
    return app


def build_stacks(
    environment: str | None = None,
    *,
    context: Mapping[str, Any] | None = None,
    outdir: str | None = None,
) -> App:
    """As `build_app`, without the policy checks."""
    app = App(context=context, outdir=outdir, analytics_reporting=False, stack_traces=False)
    # A path that is not absolute is one from here, wherever `cdk` was called.
    config = ROOT / (app.node.try_get_context("config") or CONFIG)
    name = environment or app.node.try_get_context("env")
    if not name:
        raise NoEnvironmentError(environment_names(config))
    only = app.node.try_get_context("workloads")
    settings = load_settings(config, name, only=only.split(",") if only else None, code=ROOT)

    foundation = FoundationStack(app, settings=settings)
    IntakeStack(app, settings=settings, foundation=foundation)
    images = (
        ImagesStack(app, settings=settings, foundation=foundation) if has_images(settings) else None
    )
    training = TrainingStack(
        app,
        settings=settings,
        foundation=foundation,
        images=images,
        git_commit=app.node.try_get_context("git_commit"),
    )
    deployment = DeploymentStack(
        app, settings=settings, foundation=foundation, training=training, images=images
    )
    if has_batches(settings):
        ServingStack(app, settings=settings, foundation=foundation, deployment=deployment)

    for key, value in settings.environment.tags.items():
        Tags.of(app).add(key, value)
    return app


class NoEnvironmentError(Exception):
    """No environment was named."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            "which environment? Name one: "
            + " or ".join(f"`cdk synth -c env={name}`" for name in names)
        )


if __name__ == "__main__":
    try:
        build_app().synth()
    except (ConfigurationError, NoEnvironmentError) as fault:
        sys.exit(str(fault))
