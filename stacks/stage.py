"""What the stacks of every stage of the data's way have in common."""

from __future__ import annotations

from aws_cdk import Environment, Stack
from constructs import Construct

from contracts import names
from infra.constructs.log_retention import log_retention
from infra.settings import Settings


class StageStack(Stack):
    """A stack named by its word, in the account and region that the settings say."""

    def __init__(self, scope: Construct, *, word: str, settings: Settings) -> None:
        environment = settings.environment
        super().__init__(
            scope,
            names.stack_name(environment.name, word),
            description=f"Rookery {word}, environment {environment.name}",
            env=Environment(account=environment.account, region=environment.region),
            # Data must not go with a stack that someone deletes by mistake.
            termination_protection=environment.removal == "retain",
        )
        self.log_retention = log_retention(environment.log_retention_days)
