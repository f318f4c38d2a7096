"""What several families say in the same way."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import Rule, ignored, refused, treatment, works

LIST = ("NextToken", "MaxResults", "SortBy", "SortOrder")
CREATED = ("CreationTimeAfter", "CreationTimeBefore")
MODIFIED = ("LastModifiedTimeAfter", "LastModifiedTimeBefore")
JOB_LIST = works(*LIST, *CREATED, *MODIFIED, "NameContains", "StatusEquals")

ONE_MACHINE = "everything runs on this machine, whatever instance is asked for; the name is kept"
DISK = "files lie on this machine's disk, which is neither sized nor encrypted for a job"
NETWORK = "processes run in this machine's own network; there is no VPC"
ISOLATION = (
    "no credentials, and no network but a loopback of its own, where the system has namespaces; "
    "the hosts of a job on several instances keep this machine's network"
)
LOOPBACK = "hosts talk to each other over loopback, which nobody else hears"
PREFERENCES = "the local cloud does not choose among instance types: give one InstanceType"
NO_HUBS = "the local cloud has no hubs"
NO_LICENCE = "no licence is asked for: what the role may read is used"

EXPERIMENT_CONFIG = treatment(
    works(
        "ExperimentConfig.ExperimentName",
        "ExperimentConfig.TrialName",
        "ExperimentConfig.TrialComponentDisplayName",
    ),
    refused(
        "the local cloud has no experiment runs: a job becomes a trial component of its own",
        "ExperimentConfig.RunName",
    ),
)


def network(prefix: str = "") -> tuple[Rule, ...]:
    """The members by which a job is kept from networks; ``prefix`` ends with a dot."""
    return treatment(
        ignored(NETWORK, f"{prefix}VpcConfig"),
        works(f"{prefix}EnableNetworkIsolation", note=ISOLATION),
        ignored(LOOPBACK, f"{prefix}EnableInterContainerTrafficEncryption"),
    )


S3_MODEL_SOURCE = treatment(
    works("S3Uri", "S3DataType", "CompressionType"),
    ignored(NO_LICENCE, "ModelAccessConfig"),
    refused(NO_HUBS, "HubAccessConfig"),
    refused("the local cloud reads what lies at S3Uri and follows no manifest", "ManifestS3Uri"),
    ignored("the objects are taken as they are now, whatever their ETag", "ETag", "ManifestEtag"),
)
"""S3ModelDataSource, where a model is served from it."""
