"""All contact with MiniStack's private names, in one place, a module a concept.

MiniStack (pinned exactly) has no SageMaker; this package adds services to it in process.
``tests/unit/local_cloud/core/test_ministack_bridge.py`` fails clearly when a name used here
is gone from a newer release.
"""

from __future__ import annotations

from local_cloud.ministack_bridge.codebuild import (
    CodeBuildRecords,
    name_projects_of_builds,
    project_of_builds,
)
from local_cloud.ministack_bridge.conditions import (
    tell_metric_namespaces,
)
from local_cloud.ministack_bridge.durability import (
    StateKeeper,
    answer_after_writing,
    keeper,
)
from local_cloud.ministack_bridge.events import (
    put_event,
)
from local_cloud.ministack_bridge.expressions import (
    time_expressions_by_processor,
)
from local_cloud.ministack_bridge.functions import (
    error_payload,
    name_lambda_errors,
)
from local_cloud.ministack_bridge.identity import (
    Denial,
    auth_enabled,
    authorise,
    let_state_machines_act_as_their_roles,
    trusts,
)
from local_cloud.ministack_bridge.policies import (
    add_managed_policies,
)
from local_cloud.ministack_bridge.process import (
    serve,
)
from local_cloud.ministack_bridge.resource_types import (
    ResourceHandlers,
    add_resource_type,
    generated_name,
)
from local_cloud.ministack_bridge.services import (
    Handler,
    add_service,
    wrap_service,
)
from local_cloud.ministack_bridge.stacks import (
    end_interrupted_stacks,
)
from local_cloud.ministack_bridge.streaming import (
    streamed,
)
from local_cloud.ministack_bridge.trust import (
    tell_source_account,
)

__all__ = [
    "CodeBuildRecords",
    "Denial",
    "Handler",
    "ResourceHandlers",
    "StateKeeper",
    "add_managed_policies",
    "add_resource_type",
    "add_service",
    "answer_after_writing",
    "auth_enabled",
    "authorise",
    "end_interrupted_stacks",
    "error_payload",
    "generated_name",
    "keeper",
    "let_state_machines_act_as_their_roles",
    "name_lambda_errors",
    "name_projects_of_builds",
    "project_of_builds",
    "put_event",
    "serve",
    "streamed",
    "tell_metric_namespaces",
    "tell_source_account",
    "time_expressions_by_processor",
    "trusts",
    "wrap_service",
]
