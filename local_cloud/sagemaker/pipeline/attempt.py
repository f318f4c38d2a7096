"""One step from its start to its end: the cache, the attempts, the result."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.pipeline import caching, retries, state
from local_cloud.sagemaker.pipeline.context import StepContext, StepResult
from local_cloud.sagemaker.pipeline.errors import (
    STEP_SERVICE_FAULT,
    InterruptedByShutdownError,
    StepFailedError,
    of_client_error,
)
from local_cloud.sagemaker.pipeline.steps import RUNNERS, callback


def run_step(context: StepContext) -> None:
    """Run the step to its end and write it down; a shutdown leaves the record as it is."""
    try:
        _run(context)
    except InterruptedByShutdownError:
        return
    except StepFailedError as failure:
        _end(context, "Failed", FailureReason=failure.reason)
    except Exception as error:
        _end(context, "Failed", FailureReason=f"InternalServerError: {error!r}")
        raise


def _run(context: StepContext) -> None:
    if context.step.cache is not None and _take_from_cache(context):
        return
    first_try = time.monotonic()
    retries_made = 0
    while True:
        try:
            result = _attempt(context)
            break
        except StepFailedError as failure:
            delay = retries.delay_before_retry(
                context.step.retries,
                failure.exception_type,
                retries_made=retries_made,
                elapsed=time.monotonic() - first_try,
            )
            if delay is None:
                raise
        context.pause(context.service.settings.shortened(delay))
        if context.stop_requested.is_set():
            _end(context, "Stopped")
            return
        retries_made += 1
        left = dict.fromkeys(callback.RECORD_KEYS)
        context.begin_again(AttemptCount=retries_made + 1, **left)
    if result.stopped:
        _end(context, "Stopped", Metadata=dict(result.metadata))
        return
    _succeed(context, result)


def _attempt(context: StepContext) -> StepResult:
    """One try; whatever the called services refuse becomes the step's failure."""
    try:
        return RUNNERS[context.step.type](context)
    except ClientError as error:
        raise of_client_error(error) from error
    except ApiError as error:
        raise StepFailedError(f"ClientError: {error}") from error
    except BotoCoreError as error:
        if context.service.tasks.stopping:
            raise InterruptedByShutdownError(context.step.name) from error
        raise StepFailedError(
            f"InternalServerError: {error}", exception_type=STEP_SERVICE_FAULT
        ) from error


def _succeed(context: StepContext, result: StepResult) -> None:
    changes: dict[str, Any] = {
        "Properties": dict(result.properties),
        "Metadata": dict(result.metadata),
    }
    if result.outcome is not None:
        changes["Outcome"] = result.outcome
    _end(context, "Succeeded", **changes)


def _end(context: StepContext, status: str, **changes: Any) -> None:
    state.set_step_status(
        context.service,
        context.execution_arn,
        context.step.name,
        status,
        EndTime=time.time(),
        **changes,
    )


def _take_from_cache(context: StepContext) -> bool:
    """Whether an earlier success stands for this step; its key is written down either way."""
    config = context.step.cache
    if config is None:
        return False
    key = caching.cache_key(context.step.type, context.arguments, _function(context))
    context.save(CacheKey=key)
    hit = caching.find_hit(
        context.service.store.list(state.KIND),
        pipeline_arn=context.started_with["PipelineArn"],
        step_name=context.step.name,
        key=key,
        config=config,
        now=time.time(),
    )
    if hit is None:
        return False
    _end(
        context,
        "Succeeded",
        Properties=dict(hit.record.get("Properties", {})),
        Metadata=dict(hit.record.get("Metadata", {})),
        CacheHitResult={"SourcePipelineExecutionArn": hit.execution_arn},
    )
    return True


def _function(context: StepContext) -> Any:
    return context.evaluate(context.step.function_arn or context.step.queue_url)
