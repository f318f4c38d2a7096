"""How the local cloud treats tags."""

from __future__ import annotations

from local_cloud.sagemaker.treatment.rules import Family, works

FAMILY = Family(
    title="Tags",
    actions={
        "AddTags": works("ResourceArn", "Tags"),
        "ListTags": works("ResourceArn", "NextToken", "MaxResults"),
        "DeleteTags": works("ResourceArn", "TagKeys"),
    },
)
