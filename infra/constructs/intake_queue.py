"""From each new object under the upload prefix to a queue that a function reads in batches."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.dead_letter_queue import DeadLetterQueue

BATCH_SIZE = 1000
BATCHING_WINDOW = Duration.seconds(2)
# A new account runs ten functions at once in all: a large upload must leave some to others.
_MAX_CONCURRENCY = 5
_RECEIVES_BEFORE_DEAD_LETTER = 5


class IntakeQueue(Construct):
    """`Object Created` events of the data bucket, gathered for one function.

    Args:
        prefix: of the keys that count.
        consumer: reads up to a thousand events at once and answers which of them failed.
        max_concurrency: of the consumer, 2 or more.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        bucket: s3.IBucket,
        prefix: str,
        consumer: lambda_.Function,
        consumer_role: iam.IRole,
        consumer_timeout: Duration,
        alerts: sns.ITopic,
        max_concurrency: int = _MAX_CONCURRENCY,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = DeadLetterQueue(
            self,
            "DeadLetters",
            name=f"{name}-dead-letters",
            what="Uploads were not taken in",
            alerts=alerts,
        ).queue
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # Six times the function's timeout, as Lambda's guide asks for, and the window.
            visibility_timeout=Duration.seconds(
                6 * consumer_timeout.to_seconds() + BATCHING_WINDOW.to_seconds()
            ),
            dead_letter_queue=sqs.DeadLetterQueue(
                max_receive_count=_RECEIVES_BEFORE_DEAD_LETTER, queue=self.dead_letters
            ),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.rule = events.Rule(
            self,
            "Rule",
            rule_name=name,
            description=f"New objects under {prefix}",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [bucket.bucket_name]},
                    "object": {"key": [{"prefix": prefix}]},
                },
            ),
            targets=[targets.SqsQueue(self.queue, dead_letter_queue=self.dead_letters)],
        )
        consumer_role.add_to_principal_policy(
            iam.PolicyStatement(
                sid="ReadQueue",
                actions=[
                    "sqs:ReceiveMessage",
                    "sqs:DeleteMessage",
                    "sqs:ChangeMessageVisibility",
                    "sqs:GetQueueAttributes",
                ],
                resources=[self.queue.queue_arn],
            )
        )
        mapping = lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=consumer,
            event_source_arn=self.queue.queue_arn,
            batch_size=BATCH_SIZE,
            max_batching_window=BATCHING_WINDOW,
            max_concurrency=max_concurrency,
            report_batch_item_failures=True,
        )
        mapping.node.add_dependency(consumer_role)
