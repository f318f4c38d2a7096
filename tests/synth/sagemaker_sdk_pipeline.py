"""The pipeline of `infra.pipeline.workload_pipeline`, built with the SageMaker SDK v3 instead.

Written as one of the SDK's users would, from the same settings, to compare what both make.
Nothing is called on AWS: the session has a region and invented credentials only.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
from sagemaker.core.lambda_helper import Lambda
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.network import NetworkConfig
from sagemaker.core.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import (
    Channel,
    DataSource,
    MetricDefinition,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    S3DataSource,
)
from sagemaker.core.training.configs import (
    CheckpointConfig,
    Compute,
    Networking,
    OutputDataConfig,
    StoppingCondition,
)
from sagemaker.core.transformer import Transformer
from sagemaker.core.workflow.conditions import (
    ConditionGreaterThanOrEqualTo,
    ConditionLessThanOrEqualTo,
)
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.mlops.workflow.steps import (
    ProcessingStep,
    TrainingStep,
    TransformStep,
    TuningStep,
)
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train.model_trainer import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

from infra.pipeline.context import PipelineContext
from infra.pipeline.resources import PipelineResources
from infra.settings import EnvironmentSettings, WorkloadSettings
from infra.settings.compute import ProcessingCompute, TrainingCompute
from infra.settings.data import ImageDataSettings
from infra.settings.instance_types import has_local_storage
from infra.settings.tuning import CategoricalRange, ContinuousRange, ParameterRange

UNPACK_AND_RUN = (
    "mkdir -p /opt/ml/processing/code"
    " && tar -xzf /opt/ml/processing/input/code/*.gz -C /opt/ml/processing/code"
    " && cd /opt/ml/processing/code"
    ' && exec python3 -m "$0" "$@"'
)


def definition_by_the_sdk(
    workload: WorkloadSettings, environment: EnvironmentSettings, resources: PipelineResources
) -> dict[str, Any]:
    """The pipeline definition as the SDK writes it."""
    return _SdkPipeline(workload, environment, resources).definition()


class _SdkPipeline:
    def __init__(
        self,
        workload: WorkloadSettings,
        environment: EnvironmentSettings,
        resources: PipelineResources,
    ) -> None:
        self.workload, self.environment, self.resources = workload, environment, resources
        self.session = _session(environment)
        self.images = PipelineContext(workload, environment, resources).images
        self.manifest: Any = ParameterString("DatasetManifest")
        self.version: Any = ParameterString("DatasetVersion")

    def definition(self) -> dict[str, Any]:
        prepare = self.prepare()
        tune = self.tune(prepare)
        raise_epochs = self.raise_epochs(tune)
        champion = self.find_champion()
        train = self.train(prepare, raise_epochs)
        model = self.create_model(train)
        transform = self.transform(prepare, model)
        delete = self.delete_model(transform)
        evaluate, report = self.evaluate(prepare, tune, raise_epochs, champion, train, transform)
        gate = self.gate(prepare, tune, raise_epochs, train, evaluate, report)
        pipeline: Any = Pipeline(
            name=self.resources.pipeline_name,
            parameters=[self.manifest, self.version],
            steps=[
                prepare,
                tune,
                raise_epochs,
                champion,
                train,
                model,
                transform,
                delete,
                evaluate,
                gate,
            ],
            sagemaker_session=self.session,
        )
        definition: dict[str, Any] = json.loads(pipeline.definition())
        return definition

    def prepare(self) -> Any:
        data = self.workload.data
        assert isinstance(data, ImageDataSettings)
        names = ("train", "validation", "test", "samples", "report")
        outputs = {name: self.run_prefix(name) for name in names}
        bucket = self.resources.data_bucket_name
        outputs["quarantine"] = Join(
            on="/", values=["s3:/", bucket, "quarantine", self.workload.name, self.version]
        )
        arguments = {
            "--layout": data.layout,
            "--format": "tfrecord",
            "--image-size": data.image_size,
            "--crop-to-bounding-box": "false",
            "--formats": ",".join(data.formats),
            "--min-edge": data.min_edge,
            "--min-images-per-class": data.min_images_per_class,
            "--max-imbalance": data.max_imbalance,
            "--validation-fraction": data.validation_fraction,
            "--test-fraction": data.test_fraction,
            "--max-bad-fraction": data.max_bad_fraction,
            "--samples": data.samples,
        }
        step_args = self.processor("shared.images.prepare", data.compute).run(
            inputs=_inputs({"manifest": self.manifest, "code": self.resources.code_uri}),
            outputs=_outputs(outputs),
            arguments=[str(word) for pair in arguments.items() for word in pair],
        )
        return ProcessingStep("Prepare", step_args=step_args, retry_policies=_job_retries())

    def tune(self, prepare: Any) -> Any:
        tuning = self.workload.tuning
        hyperparameters = {**self.static_hyperparameters(), "epochs": str(tuning.epochs)}
        tuner: Any = HyperparameterTuner(
            model_trainer=self.trainer(prepare, tuning.compute, "trials", hyperparameters),
            objective_metric_name=tuning.objective.metric,
            objective_type=tuning.objective.goal,
            hyperparameter_ranges={
                name: _range(searched) for name, searched in tuning.ranges.items()
            },
            metric_definitions=self.metrics(),
            strategy=tuning.strategy,
            max_jobs=tuning.max_jobs,
            max_parallel_jobs=tuning.max_parallel_jobs,
            early_stopping_type="Auto" if tuning.early_stopping else "Off",
            random_seed=tuning.random_seed,
        )
        return TuningStep("Tune", step_args=tuner.tune(), retry_policies=_job_retries())

    def raise_epochs(self, tune: Any) -> Any:
        names = (*self.workload.tuning.ranges, "epochs")
        return self.function(
            "RaiseEpochs",
            self.resources.raise_epochs_function_arn,
            inputs={
                "tuning_job_name": tune.properties.HyperParameterTuningJobName,
                "trials_uri": self.run_prefix("tuning"),
                "final_epochs": self.workload.training.final_epochs,
            },
            outputs=(*names, "tuning_job_name", "best_training_job", "trials_uri"),
        )

    def find_champion(self) -> Any:
        return self.function(
            "FindChampion",
            self.resources.find_champion_function_arn,
            inputs={
                "model_package_group_name": self.resources.model_package_group_name,
                "champion_uri": self.run_prefix("champion"),
            },
            outputs=("champion_uri", "model_package_arn"),
        )

    def delete_model(self, transform: Any) -> Any:
        return self.function(
            "DeleteModel",
            self.resources.delete_model_function_arn,
            inputs={"model_name": transform.properties.ModelName},
            outputs=("model_name",),
        )

    def function(
        self, step: str, arn: str, *, inputs: dict[str, Any], outputs: tuple[str, ...]
    ) -> Any:
        return LambdaStep(
            step,
            lambda_func=Lambda(function_arn=arn, session=self.session),
            inputs=inputs,
            outputs=[LambdaOutput(output_name=name) for name in outputs],
        )

    def create_model(self, train: Any) -> Any:
        builder: Any = ModelBuilder(
            s3_model_data_url=train.properties.ModelArtifacts.S3ModelArtifacts,
            image_uri=self.images.transform,
            role_arn=self.resources.role_arn,
            sagemaker_session=self.session,
            network=Networking(enable_network_isolation=True),
        )
        return ModelStep(
            "CreateModel", step_args=builder.build(), retry_policies=[_service_retry()]
        )

    def transform(self, prepare: Any, model: Any) -> Any:
        compute = self.workload.evaluation.batch_transform
        assert compute is not None
        transformer: Any = Transformer(
            model_name=model.properties.ModelName,
            instance_count=compute.instance_count,
            instance_type=compute.instance_type,
            assemble_with="None",
            accept="application/json",
            output_path=self.run_prefix("transform"),
            output_kms_key=self.resources.kms_key_arn,
            max_concurrent_transforms=compute.max_concurrent_transforms,
            volume_kms_key=self.volume_key(compute.instance_type),
            sagemaker_session=self.session,
        )
        step_args = transformer.transform(
            data=Join(on="/", values=[_output_uri(prepare, "samples"), "files", ""]),
            content_type="application/x-image",
            compression_type="None",
            split_type="None",
        )
        return TransformStep("BatchTransform", step_args=step_args, retry_policies=_job_retries())

    def train(self, prepare: Any, raise_epochs: Any) -> Any:
        tuned = (*self.workload.tuning.ranges, "epochs")
        hyperparameters = {
            **self.static_hyperparameters(),
            **{name: raise_epochs.properties.Outputs[name] for name in tuned},
        }
        trainer = self.trainer(
            prepare,
            self.workload.training.compute,
            "model",
            hyperparameters,
            checkpoints=self.run_prefix("checkpoints"),
        )
        return TrainingStep("Train", step_args=trainer.train(), retry_policies=_job_retries())

    def evaluate(
        self,
        prepare: Any,
        tune: Any,
        raise_epochs: Any,
        champion: Any,
        train: Any,
        transform: Any,
    ) -> tuple[Any, Any]:
        report = PropertyFile(name="EvaluationReport", output_name="report", path="evaluation.json")
        inputs = {
            "model": train.properties.ModelArtifacts.S3ModelArtifacts,
            "test": _output_uri(prepare, "test"),
            "samples": _output_uri(prepare, "samples"),
            "tuning": raise_epochs.properties.Outputs["trials_uri"],
            "champion": champion.properties.Outputs["champion_uri"],
            "transform": transform.properties.TransformOutput.S3OutputPath,
            "code": self.resources.code_uri,
        }
        compute = self.workload.evaluation.compute
        step_args = self.processor("shared.evaluation.evaluate", compute).run(
            inputs=_inputs(inputs),
            outputs=_outputs({"report": self.run_prefix("evaluation")}),
            arguments=[
                "--kind",
                "image",
                "--predictor",
                "cifar_tensorflow.predictor",
                "--gate-metric",
                self.workload.gate.metric,
                "--gate-floor",
                str(self.workload.gate.floor),
                "--gate-margin",
                str(self.workload.gate.margin),
                "--workload",
                self.workload.name,
                "--dataset-version",
                self.version,
                "--dataset-manifest",
                self.manifest,
                "--tuning-job",
                tune.properties.HyperParameterTuningJobName,
                "--training-job",
                train.properties.TrainingJobName,
            ],
        )
        step = ProcessingStep(
            "Evaluate",
            step_args=step_args,
            property_files=[report],
            retry_policies=_job_retries(),
        )
        return step, report

    def gate(
        self,
        prepare: Any,
        tune: Any,
        raise_epochs: Any,
        train: Any,
        evaluate: Any,
        report: Any,
    ) -> Any:
        gate = self.workload.gate
        reached: Any = JsonGet(
            step_name="Evaluate", property_file=report, json_path=f"metrics.{gate.metric}.value"
        )
        shortfall: Any = JsonGet(
            step_name="Evaluate", property_file=report, json_path="comparison.shortfall"
        )
        digest: Any = JsonGet(step_name="Evaluate", property_file=report, json_path="model_sha256")
        report_uri = Join(on="/", values=[_output_uri(evaluate, "report"), "evaluation.json"])
        message = Join(
            on="",
            values=[
                f"Not registered: {gate.metric} on the held-out data is ",
                reached,
                ", and falls short of the approved model's by ",
                shortfall,
                f". config/workloads/{self.workload.name}.yaml wants {gate.metric} {gate.floor} "
                f"or better, at most {gate.margin} below the approved model's. Report: ",
                report_uri,
            ],
        )
        return ConditionStep(
            "Gate",
            conditions=[
                ConditionGreaterThanOrEqualTo(left=reached, right=gate.floor),
                ConditionLessThanOrEqualTo(left=shortfall, right=gate.margin),
            ],
            if_steps=[self.register(prepare, tune, raise_epochs, train, report_uri, digest)],
            else_steps=[FailStep("Reject", error_message=message)],
        )

    def register(
        self,
        prepare: Any,
        tune: Any,
        raise_epochs: Any,
        train: Any,
        report_uri: Any,
        digest: Any,
    ) -> Any:
        serving = self.workload.serving
        builder: Any = ModelBuilder(
            s3_model_data_url=train.properties.ModelArtifacts.S3ModelArtifacts,
            image_uri=self.images.serve,
            role_arn=self.resources.role_arn,
            sagemaker_session=self.session,
        )
        step_args = builder.register(
            model_package_group_name=self.resources.model_package_group_name,
            content_types=list(serving.content_types),
            response_types=list(serving.response_types),
            inference_instances=[serving.instance_type],
            approval_status=(
                "Approved" if self.environment.deployment.auto_approve else "PendingManualApproval"
            ),
            description=f"Trained by the pipeline {self.resources.pipeline_name}",
            model_metrics=ModelMetrics(
                model_statistics=MetricsSource(content_type="application/json", s3_uri=report_uri)
            ),
            customer_metadata_properties={
                "dataset_version": self.version,
                "dataset_manifest": self.manifest,
                "samples": _output_uri(prepare, "samples"),
                "baseline": _output_uri(prepare, "report"),
                "evaluation_report": report_uri,
                "model_sha256": digest,
                "tuning_job": tune.properties.HyperParameterTuningJobName,
                "training_job": train.properties.TrainingJobName,
                "source": self.resources.code_uri,
                "training_image": self.images.train,
                "inference_image": self.images.serve,
                **{
                    f"hyperparameter/{name}": raise_epochs.properties.Outputs[name]
                    for name in self.workload.tuning.ranges
                },
            },
        )
        return ModelStep("Register", step_args=step_args, retry_policies=[_service_retry()])

    def processor(self, module: str, compute: ProcessingCompute) -> Any:
        return Processor(
            role=self.resources.role_arn,
            image_uri=self.images.prepare,
            instance_count=1,
            instance_type=compute.instance_type,
            entrypoint=["bash", "-c", UNPACK_AND_RUN, module],
            volume_size_in_gb=compute.volume_gb,
            volume_kms_key=self.volume_key(compute.instance_type),
            output_kms_key=self.resources.kms_key_arn,
            max_runtime_in_seconds=compute.max_runtime_minutes * 60,
            sagemaker_session=self.session,
            env={"AWS_DEFAULT_REGION": self.environment.region},
            network_config=NetworkConfig(
                enable_network_isolation=False, encrypt_inter_container_traffic=True
            ),
        )

    def trainer(
        self,
        prepare: Any,
        compute: TrainingCompute,
        output: str,
        hyperparameters: dict[str, Any],
        checkpoints: Any = None,
    ) -> Any:
        resources: dict[str, Any] = {
            "instance_type": compute.instance_type,
            "instance_count": compute.instance_count,
            "volume_size_in_gb": compute.volume_gb,
            "enable_managed_spot_training": compute.spot,
        }
        volume_key = self.volume_key(compute.instance_type)
        if volume_key:
            resources["volume_kms_key_id"] = volume_key
        stopping = {"max_runtime_in_seconds": compute.max_runtime_minutes * 60}
        if compute.max_wait_minutes is not None:
            stopping["max_wait_time_in_seconds"] = compute.max_wait_minutes * 60
        metrics = self.workload.tuning.metrics
        trainer: Any = ModelTrainer(
            training_image=self.images.train,
            training_input_mode="File",
            role=self.resources.role_arn,
            sagemaker_session=self.session,
            compute=Compute(**resources),
            networking=Networking(
                enable_network_isolation=False, enable_inter_container_traffic_encryption=True
            ),
            stopping_condition=StoppingCondition(**stopping),
            output_data_config=OutputDataConfig(
                s3_output_path=self.run_prefix(output), kms_key_id=self.resources.kms_key_arn
            ),
            input_data_config=[
                Channel(
                    channel_name=name,
                    data_source=DataSource(
                        s3_data_source=S3DataSource(
                            s3_data_type="S3Prefix",
                            s3_uri=_output_uri(prepare, name),
                            s3_data_distribution_type="FullyReplicated",
                        )
                    ),
                )
                for name in ("train", "validation")
            ],
            checkpoint_config=(
                CheckpointConfig(s3_uri=checkpoints, local_path="/opt/ml/checkpoints")
                if checkpoints is not None
                else None
            ),
            hyperparameters=hyperparameters,
        )
        return trainer.with_metric_definitions(
            [MetricDefinition(name=name, regex=regex) for name, regex in metrics.items()]
        )

    def metrics(self) -> list[dict[str, Any]]:
        metrics = self.workload.tuning.metrics
        return [{"Name": name, "Regex": regex} for name, regex in metrics.items()]

    def static_hyperparameters(self) -> dict[str, Any]:
        return {
            "sagemaker_program": "cifar_tensorflow/train.py",
            "sagemaker_submit_directory": self.resources.code_uri,
            "sagemaker_container_log_level": "20",
            "sagemaker_region": self.environment.region,
        }

    def volume_key(self, instance_type: str) -> str | None:
        return None if has_local_storage(instance_type) else self.resources.kms_key_arn

    def run_prefix(self, name: str) -> Any:
        run = ExecutionVariables.PIPELINE_EXECUTION_ID
        bucket = self.resources.artifact_bucket_name
        return Join(on="/", values=["s3:/", bucket, self.workload.name, run, name])


def _session(environment: EnvironmentSettings) -> Any:
    session: Any = PipelineSession(
        boto_session=boto3.Session(
            region_name=environment.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        ),
        default_bucket="sdk-default-bucket",
        sagemaker_config={
            "SchemaVersion": "1.0",
            "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
        },
    )
    # Registering a model asks S3 for the default bucket, even where nothing is uploaded.
    vars(session)["_default_bucket"] = "sdk-default-bucket"
    return session


def _inputs(uris: dict[str, Any]) -> list[Any]:
    return [
        ProcessingInput(
            input_name=name,
            s3_input=ProcessingS3Input(
                s3_uri=uri,
                local_path=f"/opt/ml/processing/input/{name}",
                s3_data_type="S3Prefix",
                s3_input_mode="File",
                s3_data_distribution_type="FullyReplicated",
                s3_compression_type="None",
            ),
        )
        for name, uri in uris.items()
    ]


def _outputs(uris: dict[str, Any]) -> list[Any]:
    return [
        ProcessingOutput(
            output_name=name,
            s3_output=ProcessingS3Output(
                s3_uri=uri,
                local_path=f"/opt/ml/processing/output/{name}",
                s3_upload_mode="EndOfJob",
            ),
        )
        for name, uri in uris.items()
    ]


def _output_uri(step: Any, name: str) -> Any:
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def _range(searched: ParameterRange) -> Any:
    if isinstance(searched, CategoricalRange):
        categorical: Any = CategoricalParameter
        return categorical(list(searched.values))
    kind = ContinuousParameter if isinstance(searched, ContinuousRange) else IntegerParameter
    return kind(searched.min, searched.max, scaling_type=searched.scale)


def _service_retry() -> Any:
    return StepRetryPolicy(
        [StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
        interval_seconds=5,
        max_attempts=6,
    )


def _job_retries() -> list[Any]:
    faults = SageMakerJobExceptionTypeEnum
    return [
        _service_retry(),
        SageMakerJobStepRetryPolicy([faults.INTERNAL_ERROR], interval_seconds=30, max_attempts=3),
        SageMakerJobStepRetryPolicy(
            [faults.CAPACITY_ERROR, faults.RESOURCE_LIMIT],
            interval_seconds=60,
            expire_after_mins=240,
        ),
    ]
