"""What CreateSchedule and UpdateSchedule refuse, beyond what MiniStack looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud import ministack_bridge
from local_cloud.event_scheduler.invocation import call
from local_cloud.json_api.errors import ValidationException
from local_cloud.json_api.validation import ApiModel
from local_cloud.schedules import expression

MODEL = ApiModel("scheduler", title="EventBridge Scheduler")
PRINCIPAL = "scheduler.amazonaws.com"
SAMPLE_ARN = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/sample"


def check(action: str, request: Mapping[str, Any]) -> None:
    """Raises ValidationException; ``request`` has the name, too."""
    MODEL.validate(action, request)
    timezone = request.get("ScheduleExpressionTimezone", "UTC")
    try:
        expression.parse(request["ScheduleExpression"], timezone=timezone)
    except ValueError as error:
        raise ValidationException(
            f"Invalid Schedule Expression {request['ScheduleExpression']}: {error}."
        ) from error
    target = request["Target"]
    call(target, schedule_arn=SAMPLE_ARN, scheduled_at=0.0, execution_id="sample")
    if not ministack_bridge.trusts(target["RoleArn"], PRINCIPAL):
        raise ValidationException(
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the "
            f"role: {target['RoleArn']} is not there or does not trust {PRINCIPAL}."
        )
