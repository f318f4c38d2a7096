"""Builders of the step types of SageMaker Pipelines that Rookery uses.

Names and arguments follow the steps of the SageMaker SDK; what a step's `arguments` hold is the
request of the API call that it makes.
"""

from infra.pipeline.steps.condition import Condition, ConditionStep
from infra.pipeline.steps.fail import FailStep
from infra.pipeline.steps.lambda_step import LambdaStep
from infra.pipeline.steps.model import ModelStep
from infra.pipeline.steps.processing import ProcessingStep, PropertyFile
from infra.pipeline.steps.register_model import RegisterModelStep
from infra.pipeline.steps.step import Step
from infra.pipeline.steps.training import TrainingStep
from infra.pipeline.steps.training_job import Channel, TrainingJob
from infra.pipeline.steps.transform import TransformStep
from infra.pipeline.steps.tuning import TuningStep

__all__ = [
    "Channel",
    "Condition",
    "ConditionStep",
    "FailStep",
    "LambdaStep",
    "ModelStep",
    "ProcessingStep",
    "PropertyFile",
    "RegisterModelStep",
    "Step",
    "TrainingJob",
    "TrainingStep",
    "TransformStep",
    "TuningStep",
]
