"""How the local cloud treats searches."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import Family, refused, treatment, works
from local_cloud.sagemaker.treatment.shared import LIST

_NOT_THERE = (
    "FeatureGroup",
    "FeatureMetadata",
    "Image",
    "ImageVersion",
    "Project",
    "ModelCard",
    "Job",
    "HubContent",
)
_RESOURCE = treatment(
    works("Resource"),
    refused("the local cloud has no such resources", "Resource", values=_NOT_THERE),
)

FAMILY = Family(
    title="Search",
    actions={
        "Search": treatment(
            _RESOURCE,
            works("SearchExpression", *LIST),
            works("CrossAccountFilterOption", note="no other account shares anything"),
            refused(
                "the local cloud limits no search to what somebody may see; filter by Tags.<key>",
                "VisibilityConditions",
            ),
        ),
        "GetSearchSuggestions": treatment(_RESOURCE, works("SuggestionQuery")),
    },
)
