"""The step that checks, transforms and splits a dataset."""

from __future__ import annotations

from infra.pipeline.context import DATASET_MANIFEST, TABLE_SCHEMA, PipelineContext
from infra.pipeline.retries import JOB
from infra.pipeline.steps import ProcessingStep
from infra.pipeline.variables import Text
from infra.settings.data import ImageDataSettings, TableDataSettings

_FORMATS = {"pytorch": "tar"}
"""Of prepared pictures, by framework; TFRecord for the others."""


def prepare_step(context: PipelineContext) -> ProcessingStep:
    """Check each file of the dataset, transform, split, put bad ones aside."""
    data = context.workload.data
    outputs: tuple[str, ...] = ("train", "validation", "test", "samples", "report")
    if context.is_table:
        outputs += ("schema",)
    return ProcessingStep(
        name="Prepare",
        description="Check each file of the dataset, transform, split, put bad ones aside",
        module=f"shared.{'tables' if context.is_table else 'images'}.prepare",
        code_uri=context.resources.code_uri,
        image_uri=context.images.prepare,
        role_arn=context.resources.role_arn,
        kms_key_arn=context.resources.kms_key_arn,
        instance_type=data.compute.instance_type,
        instance_count=data.compute.instance_count,
        volume_gb=data.compute.volume_gb,
        max_runtime_seconds=data.compute.max_runtime_minutes * 60,
        inputs={"manifest": DATASET_MANIFEST},
        outputs={
            **{name: context.run_prefix(name) for name in outputs},
            "quarantine": context.quarantine_prefix,
        },
        arguments_of_module=_arguments(context),
        environment={"AWS_DEFAULT_REGION": context.environment.region},
        retry_policies=JOB,
    )


def _arguments(context: PipelineContext) -> dict[str, Text]:
    data = context.workload.data
    shared: dict[str, Text] = {
        "--validation-fraction": str(data.validation_fraction),
        "--test-fraction": str(data.test_fraction),
        "--max-bad-fraction": str(data.max_bad_fraction),
        "--samples": str(data.samples),
    }
    if data.compute.instance_count > 1:
        shared["--workspace-uri"] = context.run_prefix("workspace")
    match data:
        case ImageDataSettings():
            framework = context.workload.framework
            own: dict[str, Text] = {
                "--layout": data.layout,
                "--format": _FORMATS.get(framework.name if framework else "", "tfrecord"),
                "--image-size": str(data.image_size),
                "--crop-to-bounding-box": str(data.crop_to_bounding_box).lower(),
                "--formats": ",".join(data.formats),
                "--min-edge": str(data.min_edge),
                "--min-images-per-class": str(data.min_images_per_class),
                "--max-imbalance": str(data.max_imbalance),
            }
        case TableDataSettings():
            own = {
                "--schema-file": TABLE_SCHEMA,
                "--min-rows-per-class": str(data.min_rows_per_class),
            }
    return {**own, **shared}
