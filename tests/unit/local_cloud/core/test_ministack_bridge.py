"""MiniStack's private names that the bridge uses: a newer release that moves one fails here."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys

PROGRAM = """
import inspect, json
from jsonata.timebox import Timebox
from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, persistence
from ministack.core import responses, router
from ministack.services import cloudformation, cloudwatch, codebuild, eventbridge, iam, lambda_svc
from ministack.services import s3, scheduler, stepfunctions, sts
from ministack.services.cloudformation import provisioners, stacks

print(json.dumps({
    "SERVICE_HANDLERS": isinstance(app.SERVICE_HANDLERS, dict),
    "SERVICE_PATTERNS": isinstance(router.SERVICE_PATTERNS, dict),
    "AWS_SDK_SERVICE_MAP": isinstance(stepfunctions._AWS_SDK_SERVICE_MAP, dict)
        and isinstance(stepfunctions._AWS_SDK_ERROR_PREFIX, dict),
    "RESOURCE_HANDLERS": set(provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"])
        >= {"create", "delete"},
    "replacement": all(isinstance(one, dict) for one in (
            provisioners._REPLACING_PROPERTIES, provisioners._CUSTOM_NAME_REPLACEMENT))
        and provisioners._CUSTOM_NAME_REPLACEMENT["AWS::DynamoDB::Table"]["name"] == "TableName"
        and provisioners._STACK_TAG_PROPERTY["AWS::ApiGateway::ApiKey"] == ("Tags", "list")
        and {"stack_name", "logical_id", "max_len"}
            <= set(inspect.signature(provisioners._physical_name).parameters),
    "waiting types": list(inspect.signature(stacks._runs_on_worker_thread).parameters)
        == ["resource_type"]
        and "if _runs_on_worker_thread(rtype)" in inspect.getsource(stacks),
    "put_events": "allow_aws_source" in inspect.signature(eventbridge._put_events).parameters,
    "request_scope": callable(responses.request_scope),
    "roles": hasattr(iam._roles, "get"),
    "enforce": {"resource_arn", "service_context"}
        <= set(inspect.signature(iam_evaluator.enforce).parameters),
    "streams": list(inspect.signature(responses.StreamingResponse).parameters) == ["runner"]
        and "streaming.runner(send, receive)" in inspect.getsource(app),
    "AuthError": inspect.isclass(iam_evaluator.AuthError),
    "denial_message": callable(iam_actions.identity_denial_message),
    "access_key": callable(router.extract_access_key_id),
    "states": callable(app._build_persistence_save_dict)
        and callable(persistence._json_default)
        and persistence._state_format_version("iam") >= 2
        and "__ministack_format__" in inspect.getsource(persistence.save_state)
        and app.SERVICE_REGISTRY["lambda"]["state_key"] == "lambda"
        and app.SERVICE_REGISTRY["states"]["module"] == "stepfunctions"
        and "SERVICE_HANDLERS.get(service)" in inspect.getsource(app),
    "AUTH": hasattr(app, "AUTH"),
    "run execution": callable(stepfunctions._run_execution)
        and hasattr(stepfunctions._executions, "get")
        and hasattr(stepfunctions._state_machines, "get"),
    "condition keys": list(inspect.signature(iam_actions.request_tag_context).parameters)[:3]
        == ["service", "iam_action", "body"]
        and "request_tag_context(service, iam_action, body" in inspect.getsource(app),
    "managed policies": isinstance(iam._aws_managed_policies, dict)
        and list(inspect.signature(iam._make_aws_managed_record).parameters)
        == ["name", "document", "description"],
    "trust": list(inspect.signature(iam_evaluator.evaluate_trust_policy).parameters)
        == ["trust_doc", "caller_arn", "ctx"]
        and "iam_evaluator import EvalContext, evaluate_trust_policy" in inspect.getsource(sts),
    "expressions": callable(Timebox.current_milli_time),
    "worker": callable(lambda_runtime.Worker.invoke)
        and callable(lambda_svc._execute_function_warm),
    "codebuild": all(hasattr(one, "get") for one in (codebuild._projects, codebuild._builds))
        and callable(codebuild._project_arn),
    "resource of a request": list(inspect.signature(iam_actions.extract_resource_arn).parameters)
        == ["service", "method", "path", "headers", "body", "query_params", "region", "account_id"],
    "cloudwatch": list(inspect.signature(cloudwatch._store_datum).parameters)
        == ["namespace", "name", "dims", "ts", "unit", "value", "values", "counts", "stat_values"]
        and all(
            hasattr(one, "items")
            for one in (cloudwatch._metrics, cloudwatch._alarms, cloudwatch._composite_alarms)
        )
        and cloudwatch._dims_key({"b": "2", "a": "1"}) == "a=1|b=2",
    "alarm evaluation": "_evaluate_alarm(alarm)" in inspect.getsource(cloudwatch._put_metric_alarm)
        and "_evaluate_alarm(alarm)" in inspect.getsource(cloudwatch._evaluate_all_alarms)
        and "_evict_old_metrics()" in inspect.getsource(cloudwatch.handle_request),
    "alarm states": list(inspect.signature(cloudwatch._record_history).parameters)[:4]
        == ["alarm_name", "old_state", "new_state", "reason"]
        and list(inspect.signature(cloudwatch._dispatch_alarm_actions).parameters)
        == ["alarm", "old_state", "new_state", "reason"]
        and callable(cloudwatch._evaluate_parent_alarms),
    "condition keys": list(inspect.signature(iam_evaluator._resolve_condition_key).parameters)
        == ["key", "ctx"],
    "schedules": callable(scheduler._tick_schedules)
        and scheduler._SCHEDULE_TICK_INTERVAL > 0
        and hasattr(scheduler._schedules, "values")
        and all(callable(one) for one in (
            scheduler._create_schedule, scheduler._update_schedule, scheduler._delete_schedule)),
    "rules": list(inspect.signature(eventbridge._invoke_target).parameters)
        == ["target", "event", "rule", "view"],
    "stacks": all(hasattr(one._data, "items") for one in
        (cloudformation._stacks, cloudformation._stack_events)),
    "objects": list(inspect.signature(s3._atomic_write).parameters) == ["fpath", "data", "text"]
        and "_atomic_write(fpath, data)" in inspect.getsource(s3._persist_object)
        and s3._VERSIONS_DIR == ".versions",
    "rates of rules": eventbridge._parse_rate_seconds("rate(2 minutes)") == 120
        and "_parse_rate_seconds(schedule)" in inspect.getsource(eventbridge._tick_scheduled_rules),
    "waits of executions": "_SFN_WAIT_SCALE" in inspect.getsource(stepfunctions._scaled_sleep)
        and "SFN_WAIT_SCALE" in inspect.getsource(stepfunctions._parse_wait_scale),
    "role policies": callable(iam_evaluator._gather_role_policies)
        and callable(iam_evaluator.evaluate) and inspect.isclass(iam_evaluator.EvalContext),
    "state machine key": "test/20260101/" in inspect.getsource(stepfunctions),
}))
"""


def test_ministack_has_every_name_that_the_bridge_relies_on() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", inspect.cleandoc(PROGRAM)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(answer.stdout.splitlines()[-1])
    assert [name for name, is_there in found.items() if not is_there] == []
