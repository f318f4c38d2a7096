"""Alarms for the executions of a state machine that end otherwise than they should."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct


class ExecutionAlarms(Construct):
    """The alert topic hears of executions that time out, are aborted or fail.

    A state machine of ours publishes each failure that it catches, with the reason. It cannot
    when it is timed out or aborted, nor when it fails where nothing is caught: an expression in
    a Choice, Pass or Wait state, the errors that `States.ALL` leaves out (States.Runtime,
    States.DataLimitExceeded), the 25,000th event of its history, the publishing itself. Hence
    an alarm for failures too: one with a notice before it says nothing new, one without does.

    Alarms, and no event rule: CloudWatch may publish to the topic as it is, while EventBridge
    would have to be allowed it in the policies of the topic and of the key. One alarm a
    metric, since Step Functions sends each only when there is something to count, and a sum
    would be missing wherever one of its parts is.

    Args:
        name: of the state machine.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        state_machine: sfn.StateMachine,
        alerts: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        period, statistic = Duration.minutes(1), "Sum"
        for construct_name, word, status, advice, metric in (
            (
                "TimedOut",
                "timed out",
                "TIMED_OUT",
                "It ended in the middle: see what it had begun, then start it again",
                state_machine.metric_timed_out(period=period, statistic=statistic),
            ),
            (
                "Aborted",
                "was aborted",
                "ABORTED",
                "Somebody stopped it in the middle: see what it had begun",
                state_machine.metric_aborted(period=period, statistic=statistic),
            ),
            (
                "Failed",
                "failed",
                "FAILED",
                "If no notice with the reason came just before, it broke before it could send "
                "one: its history says where",
                state_machine.metric_failed(period=period, statistic=statistic),
            ),
        ):
            alarm = cloudwatch.Alarm(
                self,
                construct_name,
                alarm_name=f"{name}-{word.removeprefix('was ').replace(' ', '-')}",
                alarm_description=f"An execution of {name} {word}. {advice}. Which: aws "
                "stepfunctions list-executions --max-items 1 "
                f"--status-filter {status} --state-machine-arn {state_machine.state_machine_arn}",
                metric=metric,
                threshold=1,
                evaluation_periods=1,
                comparison_operator=(
                    cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
                ),
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            alarm.add_alarm_action(actions.SnsAction(alerts))
