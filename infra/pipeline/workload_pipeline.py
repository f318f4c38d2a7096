"""The pipeline of a workload: prepare, tune, raise epochs, train, evaluate, gate, register.

Started with the parameters DatasetManifest (S3 URI of a manifest) and DatasetVersion (its
SHA-256). What its jobs write lies under ``<workload>/<execution id>/`` in the artifact bucket,
so no run touches another's files, and a run's files can be found by its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from contracts import names
from infra.pipeline.definition import assemble
from infra.pipeline.images import Scope, image_uri
from infra.pipeline.resources import PipelineResources
from infra.pipeline.retries import JOB, SERVICE
from infra.pipeline.steps import (
    Condition,
    ConditionStep,
    FailStep,
    LambdaStep,
    ProcessingStep,
    PropertyFile,
    RegisterModelStep,
    Step,
    TrainingJob,
    TrainingStep,
    TuningStep,
)
from infra.pipeline.steps.register_model import ApprovalStatus
from infra.pipeline.steps.training_job import script_mode
from infra.pipeline.steps.tuning import text_of
from infra.pipeline.variables import PIPELINE_EXECUTION_ID, Join, ParameterString, Text
from infra.settings.compute import TrainingCompute
from infra.settings.environment import EnvironmentSettings
from infra.settings.workload import WorkloadSettings

DATASET_MANIFEST = ParameterString("DatasetManifest")
DATASET_VERSION = ParameterString("DatasetVersion")

EVALUATION_REPORT = PropertyFile(
    "EvaluationReport", output_name="report", path=names.EVALUATION_REPORT
)

_APPROVALS: dict[ApprovalStatus, str] = {
    "Approved": "it is approved, as the environment says",
    "PendingManualApproval": "it waits for approval",
}


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
    pipeline = _WorkloadPipeline(workload, environment, resources)
    return assemble(parameters=(DATASET_MANIFEST, DATASET_VERSION), steps=pipeline.steps)


@dataclass(frozen=True)
class _WorkloadPipeline:
    workload: WorkloadSettings
    environment: EnvironmentSettings
    resources: PipelineResources

    @property
    def steps(self) -> tuple[Step, ...]:
        return (
            self.prepare,
            self.tune,
            self.raise_epochs,
            self.train,
            self.evaluate,
            self.gate,
        )

    @cached_property
    def prepare(self) -> ProcessingStep:
        data = self.workload.data
        outputs = ("train", "validation", "test", "samples", "report")
        return ProcessingStep(
            name="Prepare",
            description="Check each file of the dataset, resize, split, put bad files aside",
            module="shared.images.prepare",
            code_uri=self.resources.code_uri,
            image_uri=self._image("training", data.compute.instance_type),
            role_arn=self.resources.role_arn,
            kms_key_arn=self.resources.kms_key_arn,
            instance_type=data.compute.instance_type,
            volume_gb=data.compute.volume_gb,
            max_runtime_seconds=data.compute.max_runtime_minutes * 60,
            inputs={"manifest": DATASET_MANIFEST},
            outputs={
                **{name: self._run_prefix(name) for name in outputs},
                "quarantine": self._quarantine_prefix(),
            },
            arguments_of_module={
                "--image-size": str(data.image_size),
                "--validation-fraction": str(data.validation_fraction),
                "--test-fraction": str(data.test_fraction),
                "--min-images-per-class": str(data.min_images_per_class),
                "--max-bad-fraction": str(data.max_bad_fraction),
                "--samples": str(data.samples),
            },
            environment={"AWS_DEFAULT_REGION": self.environment.region},
            retry_policies=JOB,
        )

    @cached_property
    def tune(self) -> TuningStep:
        compute = self.workload.tuning.compute
        return TuningStep(
            name="Tune",
            description="Search hyperparameters with few epochs a trial",
            job=self._training_job(
                compute,
                output_uri=self._run_prefix("trials"),
                # One prefix would be shared by all trials, and each would resume another's
                # checkpoint. Trials are short: an interrupted one starts anew.
                checkpoint_uri=None,
            ),
            search=self.workload.tuning,
            static_hyperparameters={
                **self._static_hyperparameters,
                "epochs": str(self.workload.tuning.epochs),
            },
            retry_policies=JOB,
        )

    @cached_property
    def raise_epochs(self) -> LambdaStep:
        return LambdaStep(
            name="RaiseEpochs",
            description="Read the best trial's hyperparameters and set the final epochs",
            function_arn=self.resources.raise_epochs_function_arn,
            inputs={
                "tuning_job_name": self.tune.tuning_job_name,
                "final_epochs": self.workload.training.final_epochs,
            },
            outputs=(
                *self.workload.tuning.ranges,
                "epochs",
                "tuning_job_name",
                "best_training_job",
            ),
        )

    @cached_property
    def train(self) -> TrainingStep:
        tuned = (*self.workload.tuning.ranges, "epochs")
        return TrainingStep(
            name="Train",
            description="Train with the best hyperparameters and all epochs",
            job=self._training_job(
                self.workload.training.compute,
                output_uri=self._run_prefix("model"),
                checkpoint_uri=self._run_prefix("checkpoints"),
            ),
            hyperparameters={
                **self._static_hyperparameters,
                **{name: self.raise_epochs.output(name) for name in tuned},
            },
            retry_policies=JOB,
        )

    @cached_property
    def evaluate(self) -> ProcessingStep:
        compute = self.workload.evaluation.compute
        return ProcessingStep(
            name="Evaluate",
            description="Judge the model by the held-out data",
            module="shared.evaluation.evaluate",
            code_uri=self.resources.code_uri,
            image_uri=self._image("training", compute.instance_type),
            role_arn=self.resources.role_arn,
            kms_key_arn=self.resources.kms_key_arn,
            instance_type=compute.instance_type,
            volume_gb=compute.volume_gb,
            max_runtime_seconds=compute.max_runtime_minutes * 60,
            inputs={"model": self.train.model_uri, "test": self.prepare.output_uri("test")},
            outputs={EVALUATION_REPORT.output_name: self._run_prefix(names.EVALUATION)},
            environment={"AWS_DEFAULT_REGION": self.environment.region},
            property_files=(EVALUATION_REPORT,),
            retry_policies=JOB,
        )

    @cached_property
    def gate(self) -> ConditionStep:
        gate = self.workload.gate
        reached = self.evaluate.json_get(EVALUATION_REPORT, f"metrics.{gate.metric}.value")
        return ConditionStep(
            name="Gate",
            description=f"Register the model only with {gate.metric} {gate.floor} or better",
            conditions=(Condition("GreaterThanOrEqualTo", reached, gate.floor),),
            if_steps=(self.register,),
            else_steps=(
                FailStep(
                    name="Reject",
                    error_message=Join(
                        "",
                        (
                            f"Not registered: {gate.metric} on the held-out data is ",
                            reached,
                            f", below the floor of {gate.floor} that "
                            f"config/workloads/{self.workload.name}.yaml sets. Report: ",
                            self._report_uri,
                        ),
                    ),
                ),
            ),
        )

    @cached_property
    def register(self) -> RegisterModelStep:
        serving = self.workload.serving
        approval: ApprovalStatus = (
            "Approved" if self.environment.deployment.auto_approve else "PendingManualApproval"
        )
        return RegisterModelStep(
            name="Register",
            description=f"Register the model; {_APPROVALS[approval]}",
            approval_status=approval,
            group_name=self.resources.model_package_group_name,
            package_description=f"Trained by the pipeline {self.resources.pipeline_name}",
            image_uri=self._image("inference", serving.instance_type),
            model_uri=self.train.model_uri,
            framework=self.workload.framework.name,
            framework_version=self.workload.framework.version,
            instance_types=(serving.instance_type,),
            content_types=serving.content_types,
            response_types=serving.response_types,
            report_uri=self._report_uri,
            metadata={
                "dataset_version": DATASET_VERSION,
                "dataset_manifest": DATASET_MANIFEST,
                "samples": self.prepare.output_uri("samples"),
                "evaluation_report": self._report_uri,
                "tuning_job": self.tune.tuning_job_name,
                "source": self.resources.code_uri,
            },
            retry_policies=(SERVICE,),
        )

    @property
    def _static_hyperparameters(self) -> dict[str, Text]:
        fixed = self.workload.training.fixed_hyperparameters
        return {
            **script_mode(
                program=f"{PurePosixPath(self.workload.code).name}/train.py",
                code_uri=self.resources.code_uri,
                region=self.environment.region,
            ),
            **{name: text_of(value) for name, value in fixed.items()},
        }

    @property
    def _report_uri(self) -> Join:
        return Join("/", (self.evaluate.output_uri("report"), EVALUATION_REPORT.path))

    def _training_job(
        self, compute: TrainingCompute, *, output_uri: Text, checkpoint_uri: Text | None
    ) -> TrainingJob:
        return TrainingJob(
            image_uri=self._image("training", compute.instance_type),
            role_arn=self.resources.role_arn,
            kms_key_arn=self.resources.kms_key_arn,
            compute=compute,
            channels={name: self.prepare.output_uri(name) for name in ("train", "validation")},
            metrics=self.workload.tuning.metrics,
            output_uri=output_uri,
            checkpoint_uri=checkpoint_uri,
        )

    def _image(self, scope: Scope, instance_type: str) -> str:
        framework = self.workload.framework
        return image_uri(
            framework=framework.name,
            version=framework.version,
            python=framework.python,
            scope=scope,
            instance_type=instance_type,
            region=self.environment.region,
        )

    def _run_prefix(self, name: str) -> Join:
        # S3 inputs take whatever begins with their prefix: no name here may begin with another.
        bucket = self.resources.artifact_bucket_name
        return Join("/", ("s3:/", bucket, self.workload.name, PIPELINE_EXECUTION_ID, name))

    def _quarantine_prefix(self) -> Join:
        bucket = self.resources.data_bucket_name
        return Join("/", ("s3:/", bucket, "quarantine", self.workload.name, DATASET_VERSION))
