"""How the local cloud treats training jobs."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import (
    Family,
    below,
    ignored,
    refused,
    treatment,
    works,
)
from local_cloud.sagemaker.treatment.shared import (
    DISK,
    EXPERIMENT_CONFIG,
    JOB_LIST,
    NO_HUBS,
    NO_LICENCE,
    ONE_MACHINE,
    PREFERENCES,
    network,
)

FAST_FILE = "FastFile: the files are downloaded before the program starts"
NO_GROUPS = "the local cloud has no heterogeneous clusters: give InstanceType and InstanceCount"
NO_PLANS = "the local cloud has no training plans"
NO_DEBUGGER = "Debugger and Profiler do not run, and their rules are not evaluated"

S3_SOURCE = treatment(
    works("S3DataType", "S3Uri", "S3DataDistributionType", "AttributeNames"),
    refused("the local cloud reads no conversations", "S3DataType", values=("Converse",)),
    refused(NO_GROUPS, "InstanceGroupNames"),
    ignored(NO_LICENCE, "ModelAccessConfig"),
    refused(NO_HUBS, "HubAccessConfig"),
)

CHANNEL = treatment(
    works("ChannelName", "ContentType", "CompressionType", "RecordWrapperType", "ShuffleConfig"),
    below("DataSource.S3DataSource", S3_SOURCE),
    refused(
        "the local cloud has no file systems: put the data into S3",
        "DataSource.FileSystemDataSource",
    ),
    refused("the local cloud has no data sets of hubs", "DataSource.DatasetSource"),
    works("InputMode", note=FAST_FILE),
)

ALGORITHM = treatment(
    works("TrainingImage", "MetricDefinitions"),
    works("TrainingInputMode", note=FAST_FILE),
    refused("the local cloud has no algorithm resources: give TrainingImage", "AlgorithmName"),
)

OUTPUT = treatment(
    works("S3OutputPath", "KmsKeyId", "CompressionType"),
)

RESOURCES = treatment(
    ignored(ONE_MACHINE, "InstanceType"),
    works("InstanceCount", note="the instances are processes side by side"),
    ignored(DISK, "VolumeSizeInGB", "VolumeKmsKeyId"),
    works("KeepAlivePeriodInSeconds", note="a record only: WarmPoolStatus tells of the period"),
    refused(NO_GROUPS, "InstanceGroups"),
    refused(NO_PLANS, "TrainingPlanArn"),
    refused("the local cloud has no UltraServers", "InstancePlacementConfig"),
    refused(PREFERENCES, "InstancePreferences", "SelectedInstanceType", "SelectedInstanceCount"),
)

STOPPING = treatment(
    works("MaxRuntimeInSeconds"),
    ignored(
        "there is no spot capacity to wait for; it is checked against MaxRuntimeInSeconds",
        "MaxWaitTimeInSeconds",
    ),
    ignored("no job waits for capacity", "MaxPendingTimeInSeconds"),
)

COMMON = treatment(
    works("RoleArn", "Environment", "CheckpointConfig"),
    below("InputDataConfig[]", CHANNEL),
    below("OutputDataConfig", OUTPUT),
    below("ResourceConfig", RESOURCES),
    below("StoppingCondition", STOPPING),
    network(),
    ignored("a job on this machine is never interrupted", "EnableManagedSpotTraining"),
    ignored("there are no internal server errors of AWS to try again after", "RetryStrategy"),
)
"""What training jobs and the training definitions of tuning jobs have in common."""

FAMILY = Family(
    title="Training jobs",
    actions={
        "CreateTrainingJob": treatment(
            works("TrainingJobName", "HyperParameters", "Tags"),
            below("AlgorithmSpecification", ALGORITHM),
            works(
                "AlgorithmSpecification.ContainerEntrypoint",
                "AlgorithmSpecification.ContainerArguments",
            ),
            ignored(
                "metrics are kept in the job's description only",
                "AlgorithmSpecification.EnableSageMakerMetricsTimeSeries",
            ),
            ignored(
                "no private registry is asked: a stand-in runs for the image",
                "AlgorithmSpecification.TrainingImageConfig",
            ),
            COMMON,
            ignored(
                NO_DEBUGGER,
                "DebugHookConfig",
                "DebugRuleConfigurations",
                "TensorBoardOutputConfig",
                "ProfilerConfig",
                "ProfilerRuleConfigurations",
            ),
            EXPERIMENT_CONFIG,
            ignored("look into the job's folder instead", "RemoteDebugConfig"),
            ignored("there is no hardware to check before the job", "InfraCheckConfig"),
            ignored("the session's tags do not reach the job's role", "SessionChainingConfig"),
            refused("the local cloud has no serverless model customization", "ServerlessJobConfig"),
            refused("the local cloud has no MLflow server", "MlflowConfig"),
            refused(
                "the local cloud registers no model by itself: call CreateModelPackage",
                "ModelPackageConfig",
            ),
        ),
        "DescribeTrainingJob": works("TrainingJobName"),
        "StopTrainingJob": works("TrainingJobName"),
        "DeleteTrainingJob": works("TrainingJobName"),
        "UpdateTrainingJob": treatment(
            works("TrainingJobName"),
            ignored(NO_DEBUGGER, "ProfilerConfig", "ProfilerRuleConfigurations"),
            refused(
                "no job has a warm pool in status Available: the local cloud keeps none",
                "ResourceConfig",
            ),
            refused("the local cloud opens no sessions into containers", "RemoteDebugConfig"),
        ),
        "ListTrainingJobs": treatment(
            JOB_LIST,
            works("WarmPoolStatusEquals", note="Available and Terminated: no job reuses a pool"),
            refused(NO_PLANS, "TrainingPlanArnEquals"),
        ),
    },
)
