"""How the local cloud treats hyperparameter tuning jobs."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import (
    Family,
    below,
    ignored,
    refused,
    treatment,
    works,
)
from local_cloud.sagemaker.treatment.shared import DISK, JOB_LIST, ONE_MACHINE
from local_cloud.sagemaker.treatment.training_jobs import ALGORITHM, COMMON

NO_AUTO = "its choices are AWS's own, which are not published: give ParameterRanges"
NAME = "HyperParameterTuningJobName"

_RANGES = treatment(
    works("IntegerParameterRanges", "ContinuousParameterRanges", "CategoricalParameterRanges"),
    refused(NO_AUTO, "AutoParameters"),
)

_CONFIG = treatment(
    works("Strategy", "StrategyConfig", "RandomSeed", "TrainingJobEarlyStoppingType"),
    works("HyperParameterTuningJobObjective", "ResourceLimits", "TuningJobCompletionCriteria"),
    below("ParameterRanges", _RANGES),
)

_RESOURCES = treatment(
    ignored(ONE_MACHINE, "InstanceType", "InstanceConfigs[].InstanceType"),
    works("InstanceCount", "InstanceConfigs[].InstanceCount"),
    ignored(DISK, "VolumeSizeInGB", "VolumeKmsKeyId", "InstanceConfigs[].VolumeSizeInGB"),
    ignored(
        "capacity never lacks, so that the first of InstanceConfigs is taken", "AllocationStrategy"
    ),
)

_DEFINITION = treatment(
    works("DefinitionName", "TuningObjective", "StaticHyperParameters"),
    below("HyperParameterRanges", _RANGES),
    below("AlgorithmSpecification", ALGORITHM),
    COMMON,
    below("HyperParameterTuningResourceConfig", _RESOURCES),
)

FAMILY = Family(
    title="Hyperparameter tuning jobs",
    actions={
        "CreateHyperParameterTuningJob": treatment(
            works(NAME, "Tags"),
            below("HyperParameterTuningJobConfig", _CONFIG),
            below("TrainingJobDefinition", _DEFINITION),
            below("TrainingJobDefinitions[]", _DEFINITION),
            works("WarmStartConfig"),
            refused(NO_AUTO, "Autotune"),
        ),
        "DescribeHyperParameterTuningJob": works(NAME),
        "StopHyperParameterTuningJob": works(NAME),
        "DeleteHyperParameterTuningJob": works(NAME),
        "ListHyperParameterTuningJobs": JOB_LIST,
        "ListTrainingJobsForHyperParameterTuningJob": works(
            NAME, "NextToken", "MaxResults", "StatusEquals", "SortBy", "SortOrder"
        ),
    },
)
