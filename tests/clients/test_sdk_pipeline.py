"""`Pipeline` of the SageMaker Python SDK v3, with the steps of AWS's own example."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import WaiterError
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterInteger, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer

from tests.clients import churn
from tests.clients.conftest import BUCKET, IMAGE, SOURCE
from tests.clients.test_sdk_processing import PROCESSING, result, source


@pytest.fixture(scope="module")
def pipeline(role: str, numbers: str) -> Iterator[Pipeline]:
    session = PipelineSession()
    data = ParameterString(name="InputData", default_value=numbers)
    least = ParameterInteger(name="LeastFiles", default_value=1)
    cache = CacheConfig(enable_caching=True, expire_after="30d")

    def processing(script: str, given: Any, output: str, *arguments: str) -> Any:
        processor = ScriptProcessor(
            image_uri=IMAGE,
            command=["python3"],
            instance_type="ml.m5.xlarge",
            instance_count=1,
            role=role,
            sagemaker_session=session,
        )
        return processor.run(
            code=str(PROCESSING / script),
            inputs=[source(given)],
            outputs=[result(f"s3://{BUCKET}/pipeline/{output}")],
            arguments=list(arguments) or None,
        )

    counted = processing("count.py", data, "counts", "--unit", "lines")
    count = ProcessingStep(name="Count", step_args=counted, cache_config=cache)
    trainer = ModelTrainer(
        training_image=IMAGE,
        source_code=SourceCode(source_dir=str(SOURCE), entry_script="train.py"),
        role=role,
        base_job_name="pipeline-mean",
        compute=Compute(instance_type="ml.m5.xlarge", instance_count=1),
        input_data_config=[InputData(channel_name="train", data_source=data)],
        sagemaker_session=session,
    )
    train = TrainingStep(name="Train", step_args=trainer.train(), cache_config=cache)
    model = train.properties.ModelArtifacts.S3ModelArtifacts
    report = PropertyFile(name="Report", output_name="counts", path="evaluation.json")
    evaluate = ProcessingStep(
        name="Evaluate",
        step_args=processing("evaluate.py", model, "report"),
        property_files=[report],
        depends_on=[count],
    )
    builder = ModelBuilder(
        s3_model_data_url=model, image_uri=churn.IMAGE, role_arn=role, sagemaker_session=session
    )
    create = ModelStep(name="CreateModel", step_args=builder.build())
    register = ModelStep(
        name="RegisterModel",
        step_args=builder.register(
            model_package_group_name="of-pipeline",
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=["ml.m5.xlarge"],
        ),
    )
    files = JsonGet(step_name="Evaluate", property_file=report, json_path="metrics.files.value")
    check = ConditionStep(
        name="Check",
        conditions=[ConditionGreaterThanOrEqualTo(left=files, right=least)],
        if_steps=[create, register],
        else_steps=[
            FailStep(name="TooFew", error_message=Join(on=" ", values=["fewer files than", least]))
        ],
    )
    made = Pipeline(
        name="Example",
        parameters=[data, least],
        steps=[count, train, evaluate, check],
        sagemaker_session=session,
    )
    made.upsert(role_arn=role)
    yield made
    # The SDK leaves it to the interpreter's end.
    trainer._temp_code_dir.cleanup()


def ended(execution: Any) -> dict[str, dict[str, Any]]:
    """The steps by name, once the execution has ended however it does."""
    with contextlib.suppress(WaiterError):
        execution.wait(delay=1, max_attempts=120)
    return {step["StepName"]: step for step in execution.list_steps()}


def test_a_pipeline_trains_checks_and_registers_and_its_next_run_reuses_the_results(
    pipeline: Pipeline,
) -> None:
    first = ended(pipeline.start())

    assert {name: step["StepStatus"] for name, step in first.items()} == dict.fromkeys(
        ("Count", "Train", "Evaluate", "Check", "CreateModel", "RegisterModel"), "Succeeded"
    ), [step.get("FailureReason") for step in first.values()]

    second = ended(pipeline.start(parameters={"LeastFiles": 5}))

    assert second["TooFew"]["StepStatus"] == "Failed"
    assert second["TooFew"]["FailureReason"] == "fewer files than 5"
    assert {name for name, step in second.items() if "CacheHitResult" in step} == {"Count", "Train"}


def test_an_upsert_changes_the_pipeline_that_is_there(pipeline: Pipeline, role: str) -> None:
    pipeline.upsert(role_arn=role, description="the second definition")

    assert pipeline.describe()["PipelineDescription"] == "the second definition"
    assert pipeline.describe()["PipelineStatus"] == "Active"
