"""How the local cloud treats notebook instances and their lifecycle configurations."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import Family, ignored, treatment, works
from local_cloud.sagemaker.treatment.shared import CREATED, LIST, MODIFIED

NAME = "NotebookInstanceName"
LIFECYCLE = "NotebookInstanceLifecycleConfigName"
RECORD = "it is kept and answered; a notebook instance is a record, and nothing is started"
SCRIPT = "it is kept and answered; no script is ever run"

_MACHINE = (
    "InstanceType",
    "IpAddressType",
    "PlatformIdentifier",
    "VolumeSizeInGB",
    "AcceleratorTypes",
    "DefaultCodeRepository",
    "AdditionalCodeRepositories",
    "RootAccess",
    "InstanceMetadataServiceConfiguration",
)

FAMILY = Family(
    title="Notebook instances",
    actions={
        "CreateNotebookInstance": treatment(
            works(NAME, "RoleArn", "LifecycleConfigName", "Tags"),
            ignored(RECORD, *_MACHINE),
            ignored(RECORD, "SubnetId", "SecurityGroupIds", "DirectInternetAccess", "KmsKeyId"),
        ),
        "DescribeNotebookInstance": works(NAME),
        "ListNotebookInstances": works(
            *LIST,
            *CREATED,
            *MODIFIED,
            "NameContains",
            "StatusEquals",
            "NotebookInstanceLifecycleConfigNameContains",
            "DefaultCodeRepositoryContains",
            "AdditionalCodeRepositoryEquals",
        ),
        "UpdateNotebookInstance": treatment(
            works(NAME, "RoleArn", "LifecycleConfigName"),
            works(
                "DisassociateLifecycleConfig",
                "DisassociateAcceleratorTypes",
                "DisassociateDefaultCodeRepository",
                "DisassociateAdditionalCodeRepositories",
            ),
            ignored(RECORD, *_MACHINE),
        ),
        "StartNotebookInstance": works(NAME),
        "StopNotebookInstance": works(NAME),
        "DeleteNotebookInstance": works(NAME),
        "CreateNotebookInstanceLifecycleConfig": treatment(
            works(LIFECYCLE, "Tags"), ignored(SCRIPT, "OnCreate", "OnStart")
        ),
        "DescribeNotebookInstanceLifecycleConfig": works(LIFECYCLE),
        "ListNotebookInstanceLifecycleConfigs": works(*LIST, *CREATED, *MODIFIED, "NameContains"),
        "UpdateNotebookInstanceLifecycleConfig": treatment(
            works(LIFECYCLE), ignored(SCRIPT, "OnCreate", "OnStart")
        ),
        "DeleteNotebookInstanceLifecycleConfig": works(LIFECYCLE),
    },
)
