"""The function of foundation as CloudFormation calls it. No variables."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from lambdas.foundation.buckets import empty_bucket, stop_logging
from lambdas.shared import custom_resource
from lambdas.shared.clients import client

Event = Mapping[str, Any]

logging.getLogger().setLevel(logging.INFO)


def empty_buckets(event: Event, context: Any) -> None:
    """A custom resource with the property `Buckets`, a list of names."""

    def work(properties: Mapping[str, Any], deadline: custom_resource.Deadline) -> None:
        s3 = client("s3")
        stop_logging(s3, buckets=properties["Buckets"])
        for bucket in properties["Buckets"]:
            deleted = empty_bucket(s3, bucket=bucket, deadline=deadline)
            logging.info("deleted %d versions and delete markers of %s", deleted, bucket)

    custom_resource.on_delete(event, context, work)
