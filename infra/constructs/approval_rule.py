"""From the approval of a model package to the state machine that brings it live."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.dead_letter_queue import DeadLetterQueue


class ApprovalRule(Construct):
    """Starts `state_machine` with SageMaker's event of each approval in a package group.

    Args:
        name: of the rule, and the beginning of its dead-letter queue's name.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        model_package_group: str,
        state_machine: sfn.IStateMachine,
        alerts: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = DeadLetterQueue(
            self,
            "DeadLetters",
            name=f"{name}-dead-letters",
            what="The approval of a model started no deployment",
            alerts=alerts,
        ).queue
        self.rule = events.Rule(
            self,
            "Rule",
            rule_name=name,
            description=f"Approvals in {model_package_group}",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Package State Change"],
                detail={
                    "ModelPackageGroupName": [model_package_group],
                    "ModelApprovalStatus": ["Approved"],
                },
            ),
            targets=[targets.SfnStateMachine(state_machine, dead_letter_queue=self.dead_letters)],
        )
