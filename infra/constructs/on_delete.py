"""Custom resources that make room before CloudFormation deletes what they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IDependable

MAX_DURATION = Duration.minutes(14)
"""Below the 15 minutes after which Lambda stops a handler, so that the handler can answer."""

# CloudFormation counts from its request, and an asynchronous call may be queued for a while.
_ANSWERED_WITHIN = Duration.minutes(17)


class OnDelete(Construct):
    """Calls a function of ours when the stack is deleted, before `before` are.

    The function answers CloudFormation itself: the CDK's provider framework, and its way of
    emptying buckets, are Node programs, which the local cloud does not run.

    Args:
        function: gets the custom resource's events.
        properties: its `ResourceProperties`.
        before: constructs that are deleted only after the function is done.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.IFunction,
        resource_type: str,
        properties: Mapping[str, Any],
        before: tuple[IDependable, ...],
    ) -> None:
        super().__init__(scope, construct_id)
        self.resource = CustomResource(
            self,
            "Resource",
            service_token=function.function_arn,
            resource_type=resource_type,
            properties=dict(properties),
            service_timeout=_ANSWERED_WITHIN,
        )
        # Deleted in the reverse order of creation: first this resource, then the function's
        # role, then what it made room for.
        for dependency in (*before, function, *([function.role] if function.role else [])):
            self.resource.node.add_dependency(dependency)
