"""Pieces of Amazon States Language (JSONata) that the state machines share."""

from __future__ import annotations

from typing import Any

# Faults of the Lambda service itself, which its developer guide advises to retry.
RETRY_LAMBDA: tuple[dict[str, Any], ...] = (
    {
        "ErrorEquals": [
            "Lambda.ClientExecutionTimeoutException",
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.TooManyRequestsException",
        ],
        "IntervalSeconds": 2,
        "MaxAttempts": 5,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
    },
)

# Throttling and faults of SageMaker's control plane.
RETRY_SAGEMAKER: tuple[dict[str, Any], ...] = (
    {
        "ErrorEquals": ["SageMaker.ThrottlingException", "SageMaker.SageMakerException"],
        "IntervalSeconds": 5,
        "MaxAttempts": 3,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
    },
)

# Throttling and faults of Step Functions' own API.
RETRY_SFN: tuple[dict[str, Any], ...] = (
    {
        "ErrorEquals": ["Sfn.SfnException"],
        "IntervalSeconds": 5,
        "MaxAttempts": 5,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
    },
)

# Throttling and faults of Systems Manager's Parameter Store.
RETRY_SSM: tuple[dict[str, Any], ...] = (
    {
        "ErrorEquals": ["Ssm.SsmException", "Ssm.TooManyUpdatesException"],
        "IntervalSeconds": 5,
        "MaxAttempts": 5,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
    },
)

# What SNS and SQS fail with for a moment; a notice that is lost is lost for ever.
RETRY_MESSAGES: tuple[dict[str, Any], ...] = (
    {
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": 2,
        "MaxAttempts": 3,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
    },
)

# In the JSON that Lambda gives for an error; texts in it are escaped. JSONata's scanner takes a
# bracket after a backslash for an escaped one.
_ERROR_MESSAGE = r'/"errorMessage": ?"((?:[^\\"]|\\.)*)"/'


# Of an answer of ListExecutions: the execution itself, and those that began before it.
OWN_EXECUTION = "$own := $states.result.Executions[ExecutionArn = $execution]"
EARLIER_EXECUTIONS = (
    "$states.result.Executions[StartDate < $own.StartDate or "
    "(StartDate = $own.StartDate and ExecutionArn < $execution)]"
)


def invoke(function_arn: str, payload: Any, **fields: Any) -> dict[str, Any]:
    """A task that invokes a function; its answer is `$states.result.Payload`."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function_arn, "Payload": payload},
        "Retry": list(RETRY_LAMBDA),
        **fields,
    }


def plain(cause: str) -> str:
    """An expression for what `cause` says, a variable that holds the cause of an error.

    The cause of a Lambda function's error is JSON: message, type and stack trace. People want
    the message. It is looked for and not parsed, since a long cause is cut somewhere and an
    expression that fails here would hide the very failure.
    """
    found = f"$match({cause}, {_ERROR_MESSAGE}, 1).groups[0]"
    unescaped = f"$replace($replace({found}, '\\\\n', ' '), '\\\\\"', '\"')"
    return f"($contains({cause}, {_ERROR_MESSAGE}) ? {unescaped} : {cause})"


# Of an error that is caught.
CAUSE = plain("$states.errorOutput.Cause")
ERROR = f"$states.errorOutput.Error & ': ' & {CAUSE}"


def caught(then: str) -> list[dict[str, Any]]:
    """A Catch of everything, which keeps what failed in `$reason`."""
    return [
        {
            "ErrorEquals": ["States.ALL"],
            "Assign": {"reason": f"{{% {ERROR} %}}"},
            "Next": then,
        }
    ]


def publish(topic_arn: str, *, subject: str, message: Any, **fields: Any) -> dict[str, Any]:
    """A task that publishes `message` to a topic."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Arguments": {"TopicArn": topic_arn, "Subject": subject, "Message": message},
        "Retry": list(RETRY_MESSAGES),
        **fields,
    }


def send(queue_url: str, message: Any, **fields: Any) -> dict[str, Any]:
    """A task that puts `message` on a queue."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Arguments": {"QueueUrl": queue_url, "MessageBody": message},
        "Retry": list(RETRY_MESSAGES),
        **fields,
    }


def sagemaker(action: str, arguments: Any, **fields: Any) -> dict[str, Any]:
    """A task that makes one call of SageMaker's API, with the state machine's own role."""
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:sagemaker:{action}",
        "Arguments": arguments,
        "Retry": list(RETRY_SAGEMAKER),
        **fields,
    }


def sfn(action: str, arguments: Any, **fields: Any) -> dict[str, Any]:
    """A task that makes one call of Step Functions' own API."""
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:sfn:{action}",
        "Arguments": arguments,
        "Retry": list(RETRY_SFN),
        **fields,
    }


def ssm(action: str, arguments: Any, **fields: Any) -> dict[str, Any]:
    """A task that makes one call of Systems Manager's API."""
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:ssm:{action}",
        "Arguments": arguments,
        "Retry": list(RETRY_SSM),
        **fields,
    }
