"""How the local cloud treats pipelines and their executions."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import Family, ignored, refused, treatment, works
from local_cloud.sagemaker.treatment.shared import LIST

ARN = "PipelineExecutionArn"
CREATED = ("CreatedAfter", "CreatedBefore")
PAGE = ("NextToken", "MaxResults")
ONCE = "the same answer twice changes nothing, and another one is refused"

_DEFINITION = (
    "PipelineDisplayName",
    "PipelineDefinition",
    "PipelineDefinitionS3Location",
    "PipelineDescription",
    "RoleArn",
    "ParallelismConfiguration",
)

FAMILY = Family(
    title="Pipelines",
    actions={
        "CreatePipeline": works("PipelineName", *_DEFINITION, "ClientRequestToken", "Tags"),
        "UpdatePipeline": works("PipelineName", *_DEFINITION),
        "DeletePipeline": treatment(
            works("PipelineName"),
            ignored("a second deletion finds no pipeline", "ClientRequestToken"),
        ),
        "DescribePipeline": works("PipelineName", "PipelineVersionId"),
        "ListPipelines": works(*LIST, *CREATED, "PipelineNamePrefix"),
        "ListPipelineVersions": works(*PAGE, *CREATED, "PipelineName", "SortOrder"),
        "UpdatePipelineVersion": works(
            "PipelineArn",
            "PipelineVersionId",
            "PipelineVersionDisplayName",
            "PipelineVersionDescription",
        ),
        "StartPipelineExecution": treatment(
            works("PipelineName", "PipelineVersionId", "PipelineParameters", "ClientRequestToken"),
            works(
                "PipelineExecutionDisplayName",
                "PipelineExecutionDescription",
                "ParallelismConfiguration",
                "SelectiveExecutionConfig",
            ),
            refused("the local cloud has no MLflow server", "MlflowExperimentName"),
        ),
        "StopPipelineExecution": treatment(
            works(ARN), ignored("a second stop finds the first", "ClientRequestToken")
        ),
        "RetryPipelineExecution": works(ARN, "ClientRequestToken", "ParallelismConfiguration"),
        "UpdatePipelineExecution": works(
            ARN,
            "PipelineExecutionDescription",
            "PipelineExecutionDisplayName",
            "ParallelismConfiguration",
        ),
        "DescribePipelineExecution": works(ARN),
        "DescribePipelineDefinitionForExecution": works(ARN),
        "ListPipelineExecutions": works(*LIST, *CREATED, "PipelineName"),
        "ListPipelineExecutionSteps": works(*PAGE, ARN, "SortOrder"),
        "ListPipelineParametersForExecution": works(*PAGE, ARN),
        "SendPipelineExecutionStepSuccess": treatment(
            works("CallbackToken", "OutputParameters"), ignored(ONCE, "ClientRequestToken")
        ),
        "SendPipelineExecutionStepFailure": treatment(
            works("CallbackToken", "FailureReason"), ignored(ONCE, "ClientRequestToken")
        ),
    },
)
