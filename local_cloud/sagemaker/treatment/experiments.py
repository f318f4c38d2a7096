"""How the local cloud treats experiments, trials and trial components."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import Family, works
from local_cloud.sagemaker.treatment.shared import LIST

EXPERIMENT, TRIAL, COMPONENT = "ExperimentName", "TrialName", "TrialComponentName"
CREATED = ("CreatedAfter", "CreatedBefore")
_COMPONENT = (
    COMPONENT,
    "DisplayName",
    "Status",
    "StartTime",
    "EndTime",
    "Parameters",
    "InputArtifacts",
    "OutputArtifacts",
)

FAMILY = Family(
    title="Experiments",
    actions={
        "CreateExperiment": works(EXPERIMENT, "DisplayName", "Description", "Tags"),
        "DescribeExperiment": works(EXPERIMENT),
        "UpdateExperiment": works(EXPERIMENT, "DisplayName", "Description"),
        "DeleteExperiment": works(EXPERIMENT),
        "ListExperiments": works(*LIST, *CREATED),
        "CreateTrial": works(TRIAL, EXPERIMENT, "DisplayName", "MetadataProperties", "Tags"),
        "DescribeTrial": works(TRIAL),
        "UpdateTrial": works(TRIAL, "DisplayName"),
        "DeleteTrial": works(TRIAL),
        "ListTrials": works(*LIST, *CREATED, EXPERIMENT, COMPONENT),
        "CreateTrialComponent": works(*_COMPONENT, "MetadataProperties", "Tags"),
        "DescribeTrialComponent": works(COMPONENT),
        "UpdateTrialComponent": works(
            *_COMPONENT,
            "ParametersToRemove",
            "InputArtifactsToRemove",
            "OutputArtifactsToRemove",
        ),
        "DeleteTrialComponent": works(COMPONENT),
        "ListTrialComponents": works(*LIST, *CREATED, EXPERIMENT, TRIAL, "SourceArn"),
        "AssociateTrialComponent": works(COMPONENT, TRIAL),
        "DisassociateTrialComponent": works(COMPONENT, TRIAL),
    },
)
