"""The steps that judge a trained model: as it will be served, and beside the approved one."""

from __future__ import annotations

from contracts import names
from infra.pipeline.context import DATASET_MANIFEST, DATASET_VERSION, PipelineContext
from infra.pipeline.retries import JOB, SERVICE
from infra.pipeline.steps import (
    Condition,
    ConditionStep,
    FailStep,
    LambdaStep,
    ModelStep,
    ProcessingStep,
    PropertyFile,
    Step,
    TrainingStep,
    TransformStep,
    TuningStep,
)
from infra.pipeline.steps.transform import RECORDS_OF_CSV, WHOLE_OBJECTS
from infra.pipeline.variables import Join, StepProperty, Text
from infra.settings.serving import BatchTransformSettings

EVALUATION_REPORT = PropertyFile(
    "EvaluationReport", output_name="report", path=names.EVALUATION_REPORT
)


def serving_environment(context: PipelineContext) -> dict[str, str]:
    """Variables that the serving image wants, beside those that SageMaker sets."""
    framework = context.workload.framework
    if framework is None or framework.name != "pytorch":
        return {}
    return {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    }


def batch_transform_steps(
    context: PipelineContext,
    settings: BatchTransformSettings,
    prepare: ProcessingStep,
    train: TrainingStep,
) -> tuple[ModelStep, TransformStep, LambdaStep]:
    """Serve held-out data to the model, then delete the model that SageMaker made for that."""
    model = ModelStep(
        name="CreateModel",
        description="Make the model that the batch transform serves",
        image_uri=context.images.transform,
        model_uri=train.model_uri,
        role_arn=context.resources.role_arn,
        environment=serving_environment(context),
        retry_policies=(SERVICE,),
    )
    held_out: Text = prepare.output_uri("test")
    if not context.is_table:
        held_out = Join("/", (prepare.output_uri("samples"), names.SAMPLE_FILES, ""))
    transform = TransformStep(
        name="BatchTransform",
        description="Serve held-out data to the model as an endpoint would",
        model_name=model.model_name,
        input_uri=held_out,
        output_uri=context.run_prefix("transform"),
        kms_key_arn=context.resources.kms_key_arn,
        compute=settings,
        format=RECORDS_OF_CSV if context.is_table else WHOLE_OBJECTS,
        retry_policies=JOB,
    )
    delete = LambdaStep(
        name="DeleteModel",
        description="Delete the batch transform's model",
        function_arn=context.resources.delete_model_function_arn,
        # The job tells the model's name when it is done: so this step comes after it.
        inputs={"model_name": transform.property("ModelName")},
        outputs=("model_name",),
    )
    return model, transform, delete


def evaluate_step(
    context: PipelineContext,
    *,
    prepare: ProcessingStep,
    tune: TuningStep,
    trials_uri: StepProperty,
    champion_uri: StepProperty | None,
    train: TrainingStep,
    transform: TransformStep | None,
) -> ProcessingStep:
    """Judge the model by the held-out data, beside the approved one where there is one."""
    gate, compute = context.workload.gate, context.workload.evaluation.compute
    inputs: dict[str, Text] = {
        "model": train.model_uri,
        "test": prepare.output_uri("test"),
        "samples": prepare.output_uri("samples"),
        "tuning": trials_uri,
    }
    if context.is_table:
        inputs["schema"] = prepare.output_uri("schema")
    if champion_uri is not None:
        inputs["champion"] = champion_uri
    if transform is not None:
        inputs["transform"] = transform.transform_output_uri
    return ProcessingStep(
        name="Evaluate",
        description="Judge the model by the held-out data",
        module="shared.evaluation.evaluate",
        code_uri=context.resources.code_uri,
        image_uri=context.images.evaluate,
        role_arn=context.resources.role_arn,
        kms_key_arn=context.resources.kms_key_arn,
        instance_type=compute.instance_type,
        volume_gb=compute.volume_gb,
        max_runtime_seconds=compute.max_runtime_minutes * 60,
        inputs=inputs,
        outputs={EVALUATION_REPORT.output_name: context.run_prefix(names.EVALUATION)},
        arguments_of_module={
            "--kind": "table" if context.is_table else "image",
            "--predictor": context.predictor,
            "--gate-metric": gate.metric,
            # What follows is for the people who read the report.
            "--gate-floor": str(gate.floor),
            **({"--gate-margin": str(gate.margin)} if gate.compare else {}),
            "--workload": context.workload.name,
            "--dataset-version": DATASET_VERSION,
            "--dataset-manifest": DATASET_MANIFEST,
            "--tuning-job": tune.tuning_job_name,
            "--training-job": train.training_job_name,
        },
        environment={"AWS_DEFAULT_REGION": context.environment.region},
        property_files=(EVALUATION_REPORT,),
        retry_policies=JOB,
    )


def report_uri(evaluate: ProcessingStep) -> Join:
    """Where the evaluation report is."""
    return Join("/", (evaluate.output_uri("report"), EVALUATION_REPORT.path))


def gate_step(context: PipelineContext, evaluate: ProcessingStep, register: Step) -> ConditionStep:
    """Register the model where it clears the floor and keeps up with the approved one."""
    gate = context.workload.gate
    reached = evaluate.json_get(EVALUATION_REPORT, f"metrics.{gate.metric}.value")
    shortfall = evaluate.json_get(EVALUATION_REPORT, "comparison.shortfall")
    conditions = [Condition("GreaterThanOrEqualTo", reached, gate.floor)]
    wanted = f"{gate.metric} {gate.floor} or better"
    compared: tuple[Text, ...] = ()
    if gate.compare:
        conditions.append(Condition("LessThanOrEqualTo", shortfall, gate.margin))
        wanted += f", at most {gate.margin} below the approved model's"
        compared = (", and falls short of the approved model's by ", shortfall)
    reasons = (
        f"Not registered: {gate.metric} on the held-out data is ",
        reached,
        *compared,
        f". config/workloads/{context.workload.name}.yaml wants {wanted}. Report: ",
        report_uri(evaluate),
    )
    return ConditionStep(
        name="Gate",
        description=f"Register the model only with {wanted}",
        conditions=tuple(conditions),
        if_steps=(register,),
        else_steps=(FailStep(name="Reject", error_message=Join("", reasons)),),
    )
