"""The step that puts a model into the registry, with all that it came from."""

from __future__ import annotations

from collections.abc import Mapping

from infra.pipeline.context import DATASET_MANIFEST, DATASET_VERSION, PipelineContext
from infra.pipeline.evaluation import EVALUATION_REPORT, report_uri, serving_environment
from infra.pipeline.model_card import model_card
from infra.pipeline.retries import SERVICE
from infra.pipeline.steps import (
    LambdaStep,
    ProcessingStep,
    RegisterModelStep,
    TrainingStep,
    TuningStep,
)
from infra.pipeline.steps.register_model import ApprovalStatus
from infra.pipeline.variables import JsonGet, Text

_APPROVALS: dict[ApprovalStatus, str] = {
    "Approved": "it is approved, as the environment says",
    "PendingManualApproval": "it waits for approval",
}


def register_step(
    context: PipelineContext,
    *,
    prepare: ProcessingStep,
    tune: TuningStep,
    raise_epochs: LambdaStep,
    champion: LambdaStep,
    train: TrainingStep,
    evaluate: ProcessingStep,
    image: LambdaStep | None,
) -> RegisterModelStep:
    """Register the model."""
    workload = context.workload
    serving = workload.serving
    approval: ApprovalStatus = (
        "Approved" if context.environment.deployment.auto_approve else "PendingManualApproval"
    )
    hyperparameters = {name: raise_epochs.output(name) for name in workload.tuning.ranges}
    reached = evaluate.json_get(EVALUATION_REPORT, f"metrics.{workload.gate.metric}.value")
    return RegisterModelStep(
        name="Register",
        description=f"Register the model; {_APPROVALS[approval]}",
        approval_status=approval,
        group_name=context.resources.model_package_group_name,
        package_description=f"Trained by the pipeline {context.resources.pipeline_name}",
        image_uri=context.images.serve,
        model_uri=train.model_uri,
        environment=serving_environment(context),
        framework=_framework(context),
        instance_types=(serving.instance_type,),
        content_types=serving.content_types,
        response_types=serving.response_types,
        report_uri=report_uri(evaluate),
        metadata={
            "dataset_version": DATASET_VERSION,
            "dataset_manifest": DATASET_MANIFEST,
            "samples": prepare.output_uri("samples"),
            "baseline": prepare.output_uri("report"),
            "evaluation_report": report_uri(evaluate),
            "model_sha256": evaluate.json_get(EVALUATION_REPORT, "model_sha256"),
            "tuning_job": tune.tuning_job_name,
            "training_job": train.training_job_name,
            "source": context.resources.code_uri,
            "training_image": context.images.train,
            "inference_image": context.images.serve,
            **({"image_digest": image.output("image_digest")} if image else {}),
            **_resumption(context, hyperparameters, champion),
            **_commit(context),
            **{f"hyperparameter/{name}": value for name, value in hyperparameters.items()},
        },
        model_card=model_card(
            context,
            train=train,
            reached=reached,
            rows=JsonGet(evaluate.name, EVALUATION_REPORT.name, "rows"),
            hyperparameters=hyperparameters,
        ),
        retry_policies=(SERVICE,),
    )


def describe_image_step(context: PipelineContext) -> LambdaStep | None:
    """Tell the digest of the workload's own image, or None where it has none.

    The tag names the files that it was built from; the digest names what came of them.
    """
    uri, function_arn = (
        context.resources.own_image_uri,
        context.resources.describe_image_function_arn,
    )
    if context.workload.image is None or uri is None or function_arn is None:
        return None
    repository, _, tag = uri.partition("/")[2].rpartition(":")
    return LambdaStep(
        name="DescribeImage",
        description="Tell the digest of the image",
        function_arn=function_arn,
        inputs={"repository_name": repository, "image_tag": tag},
        outputs=("image_digest",),
    )


def _framework(context: PipelineContext) -> tuple[str, str] | None:
    """Name and version, where the image is one of AWS's."""
    source = context.workload.framework or context.workload.algorithm
    if source is None:
        return None
    serving = context.workload.framework and context.workload.framework.serving_version
    return source.name.upper(), serving or source.version


def _resumption(
    context: PipelineContext, tuned: Mapping[str, Text], champion: LambdaStep
) -> dict[str, Text]:
    """What a later training needs to go on from this one."""
    training = context.workload.training
    if context.workload.algorithm is None:
        return {}
    if training.start_from == "champion":
        rounds: Text | None = champion.output("num_round")
    else:
        fixed = training.fixed_hyperparameters.get("num_round")
        rounds = tuned.get("num_round") if fixed is None else str(fixed)
    known = {} if rounds is None else {"num_round": rounds}
    return {"checkpoints": context.run_prefix("checkpoints"), **known}


def _commit(context: PipelineContext) -> dict[str, Text]:
    commit = context.resources.git_commit
    return {"git_commit": commit} if commit else {}
