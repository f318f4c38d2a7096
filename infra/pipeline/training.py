"""The steps that search hyperparameters and train with the best."""

from __future__ import annotations

from infra.pipeline.context import PipelineContext
from infra.pipeline.retries import JOB
from infra.pipeline.steps import (
    Channel,
    LambdaStep,
    ProcessingStep,
    TrainingJob,
    TrainingStep,
    TuningStep,
)
from infra.pipeline.steps.training_job import script_mode
from infra.pipeline.steps.tuning import text_of
from infra.pipeline.variables import Text
from infra.settings.compute import TrainingCompute


def tune_step(context: PipelineContext, prepare: ProcessingStep) -> TuningStep:
    """Search hyperparameters, with few epochs a trial where there are epochs."""
    tuning = context.workload.tuning
    epochs: dict[str, Text] = {} if tuning.epochs is None else {"epochs": str(tuning.epochs)}
    return TuningStep(
        name="Tune",
        description="Search hyperparameters" + (" with few epochs a trial" if epochs else ""),
        job=_training_job(
            context,
            prepare,
            tuning.compute,
            image_uri=context.images.tune,
            output_uri=context.run_prefix("trials"),
            # One prefix would be shared by all trials, and each would resume another's
            # checkpoint. Trials are short: an interrupted one starts anew.
            checkpoint_uri=None,
        ),
        search=tuning,
        static_hyperparameters={**_static_hyperparameters(context), **epochs},
        retry_policies=JOB,
    )


def raise_epochs_step(context: PipelineContext, tune: TuningStep) -> LambdaStep:
    """Read the best trial's hyperparameters, raise the epochs, keep a list of the trials."""
    final_epochs = context.workload.training.final_epochs
    inputs: dict[str, Text | int] = {
        "tuning_job_name": tune.tuning_job_name,
        "trials_uri": context.run_prefix("tuning"),
    }
    if final_epochs is not None:
        inputs["final_epochs"] = final_epochs
    return LambdaStep(
        name="RaiseEpochs",
        description="Read the best trial's hyperparameters"
        + (" and set the final epochs" if final_epochs else ""),
        function_arn=context.resources.raise_epochs_function_arn,
        inputs=inputs,
        outputs=(*_tuned(context), "tuning_job_name", "best_training_job", "trials_uri"),
    )


def find_champion_step(context: PipelineContext) -> LambdaStep:
    """Lay the approved model, where there is one, beside the run's files."""
    training = context.workload.training
    inputs: dict[str, Text | int] = {
        "model_package_group_name": context.resources.model_package_group_name,
        "champion_uri": context.run_prefix("champion"),
    }
    outputs: tuple[str, ...] = ("champion_uri", "model_package_arn")
    if training.start_from == "champion":
        inputs["checkpoints_uri"] = context.run_prefix("checkpoints")
        inputs["num_round"] = int(training.fixed_hyperparameters["num_round"])
        outputs += ("num_round",)
    return LambdaStep(
        name="FindChampion",
        description="Find the approved model that the new one is compared with",
        function_arn=context.resources.find_champion_function_arn,
        inputs=inputs,
        outputs=outputs,
    )


def train_step(
    context: PipelineContext,
    prepare: ProcessingStep,
    raise_epochs: LambdaStep,
    champion: LambdaStep,
) -> TrainingStep:
    """Train with the best hyperparameters."""
    from_champion = context.workload.training.start_from == "champion"
    hyperparameters = {
        **_static_hyperparameters(context),
        **{name: raise_epochs.output(name) for name in _tuned(context)},
    }
    if from_champion:
        # Of rounds in all: the champion's, whose checkpoints lie where this job begins.
        hyperparameters["num_round"] = champion.output("num_round")
    return TrainingStep(
        name="Train",
        description="Train with the best hyperparameters"
        + (", on from the approved model" if from_champion else ""),
        job=_training_job(
            context,
            prepare,
            context.workload.training.compute,
            image_uri=context.images.train,
            output_uri=context.run_prefix("model"),
            checkpoint_uri=context.run_prefix("checkpoints"),
        ),
        hyperparameters=hyperparameters,
        retry_policies=JOB,
    )


def _tuned(context: PipelineContext) -> tuple[str, ...]:
    """Hyperparameters that the tuning job's winner gives the final training."""
    epochs = () if context.workload.training.final_epochs is None else ("epochs",)
    return (*context.workload.tuning.ranges, *epochs)


def _static_hyperparameters(context: PipelineContext) -> dict[str, Text]:
    workload = context.workload
    fixed = {
        name: text_of(value) for name, value in workload.training.fixed_hyperparameters.items()
    }
    if workload.framework is None:
        return {**fixed}
    mode = script_mode(
        program=f"{workload.package}/train.py",
        code_uri=context.resources.code_uri,
        region=context.environment.region,
    )
    return {**mode, **fixed}


def _training_job(
    context: PipelineContext,
    prepare: ProcessingStep,
    compute: TrainingCompute,
    *,
    image_uri: str,
    output_uri: Text,
    checkpoint_uri: Text | None,
) -> TrainingJob:
    content_type = "text/csv" if context.is_table else None
    channels = {
        name: Channel(prepare.output_uri(name), content_type) for name in ("train", "validation")
    }
    if context.is_table and context.workload.code:
        channels["schema"] = Channel(prepare.output_uri("schema"), "application/json")
    if context.workload.training.pretrained_weights:
        channels["weights"] = Channel(context.weights_prefix)
    return TrainingJob(
        image_uri=image_uri,
        role_arn=context.resources.role_arn,
        kms_key_arn=context.resources.kms_key_arn,
        compute=compute,
        channels=channels,
        metrics=context.workload.tuning.metrics,
        output_uri=output_uri,
        checkpoint_uri=checkpoint_uri,
    )
