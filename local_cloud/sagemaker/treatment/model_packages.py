"""How the local cloud treats the model registry."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import Family, ignored, refused, treatment, works
from local_cloud.sagemaker.treatment.shared import CREATED, LIST

GROUP = "ModelPackageGroupName"
RECORD = "it is kept and answered, and does nothing by itself"

FAMILY = Family(
    title="The model registry",
    actions={
        "CreateModelPackageGroup": treatment(
            works(GROUP, "ModelPackageGroupDescription", "Tags"),
            ignored(RECORD, "ManagedConfiguration"),
        ),
        "DescribeModelPackageGroup": works(GROUP),
        "ListModelPackageGroups": works(
            *LIST, *CREATED, "NameContains", "CrossAccountFilterOption"
        ),
        "DeleteModelPackageGroup": works(GROUP),
        "PutModelPackageGroupPolicy": treatment(
            works(GROUP),
            ignored("it is checked and kept; there is no other account", "ResourcePolicy"),
        ),
        "GetModelPackageGroupPolicy": works(GROUP),
        "DeleteModelPackageGroupPolicy": works(GROUP),
        "CreateModelPackage": treatment(
            works("ModelPackageName", GROUP, "ModelPackageDescription", "ClientToken", "Tags"),
            works("InferenceSpecification", "AdditionalInferenceSpecifications"),
            works("ModelApprovalStatus", "CustomerMetadataProperties", "MetadataProperties"),
            works("ModelMetrics", "DriftCheckBaselines", "Domain", "Task", "SamplePayloadUrl"),
            works("SourceUri", "ModelCard", "ModelLifeCycle", "ModelPackageRegistrationType"),
            ignored(
                RECORD,
                "SourceAlgorithmSpecification",
                "CertifyForMarketplace",
                "SkipModelValidation",
                "SecurityConfig",
                "ManagedStorageType",
            ),
            refused(
                "the local cloud runs no validation profiles: leave it out or test the model in a "
                "pipeline step",
                "ValidationSpecification",
            ),
        ),
        "DescribeModelPackage": treatment(
            works("ModelPackageName"),
            ignored("all of a package is answered", "IncludedData", values=("MetadataOnly",)),
            works("IncludedData"),
        ),
        "UpdateModelPackage": treatment(
            works("ModelPackageArn", "ModelApprovalStatus", "ApprovalDescription"),
            works("ModelPackageRegistrationType", "SourceUri", "ModelCard", "ModelLifeCycle"),
            works("CustomerMetadataProperties", "CustomerMetadataPropertiesToRemove"),
            works("InferenceSpecification", "AdditionalInferenceSpecificationsToAdd"),
            ignored("the same update twice changes nothing more", "ClientToken"),
        ),
        "ListModelPackages": works(
            *LIST, *CREATED, "NameContains", "ModelApprovalStatus", GROUP, "ModelPackageType"
        ),
        "DeleteModelPackage": works("ModelPackageName"),
        "BatchDescribeModelPackage": works("ModelPackageArnList"),
    },
)
