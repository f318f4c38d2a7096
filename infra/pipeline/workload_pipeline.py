"""The pipeline of a workload, from a dataset version to a registered model.

Started with the parameters DatasetManifest (S3 URI of a manifest) and DatasetVersion (its
SHA-256). What its jobs write lies under ``<workload>/<execution id>/`` in the artifact bucket,
so no run touches another's files, and a run's files can be found by its id.
"""

from __future__ import annotations

from typing import Any

from infra.pipeline.context import DATASET_MANIFEST, DATASET_VERSION, PipelineContext
from infra.pipeline.definition import assemble
from infra.pipeline.evaluation import batch_transform_steps, evaluate_step, gate_step
from infra.pipeline.preparation import prepare_step
from infra.pipeline.registration import describe_image_step, register_step
from infra.pipeline.resources import PipelineResources
from infra.pipeline.steps import Step, TransformStep
from infra.pipeline.training import (
    find_champion_step,
    raise_epochs_step,
    train_step,
    tune_step,
)
from infra.settings.environment import EnvironmentSettings
from infra.settings.workload import WorkloadSettings


def build_definition(
    *,
    workload: WorkloadSettings,
    environment: EnvironmentSettings,
    resources: PipelineResources,
) -> dict[str, Any]:
    """The definition of a workload's pipeline in an environment, as JSON.

    Raises:
        UnknownImageError: no image is known for the framework, version or region.
    """
    steps = pipeline_steps(PipelineContext(workload, environment, resources))
    return assemble(parameters=(DATASET_MANIFEST, DATASET_VERSION), steps=steps)


def pipeline_steps(context: PipelineContext) -> list[Step]:
    """Every step in the order of the data; those of the gate's branches are inside the gate."""
    gate, training = context.workload.gate, context.workload.training
    prepare = prepare_step(context)
    tune = tune_step(context, prepare)
    raise_epochs = raise_epochs_step(context, tune)
    champion = find_champion_step(context)
    train = train_step(context, prepare, raise_epochs, champion)
    steps: list[Step] = [prepare, tune, raise_epochs]
    if gate.compare or training.start_from == "champion":
        steps.append(champion)
    steps.append(train)

    transform: TransformStep | None = None
    if context.workload.evaluation.batch_transform:
        model, transform, delete = batch_transform_steps(
            context, context.workload.evaluation.batch_transform, prepare, train
        )
        steps += [model, transform, delete]
    evaluate = evaluate_step(
        context,
        prepare=prepare,
        tune=tune,
        trials_uri=raise_epochs.output("trials_uri"),
        champion_uri=champion.output("champion_uri") if gate.compare else None,
        train=train,
        transform=transform,
    )
    image = describe_image_step(context)
    if image is not None:
        steps.append(image)
    register = register_step(
        context,
        prepare=prepare,
        tune=tune,
        raise_epochs=raise_epochs,
        champion=champion,
        train=train,
        evaluate=evaluate,
        image=image,
    )
    return [*steps, evaluate, gate_step(context, evaluate, register)]
