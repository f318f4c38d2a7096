"""The state machine of one workload's deployments, and what it may call."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from contracts.serving import Serving
from infra.constructs.deployment_approval_states import ApprovalCall
from infra.constructs.deployment_functions import DeploymentFunctions
from infra.constructs.deployment_parts import DeploymentCalls, DeploymentTimes
from infra.constructs.deployment_resources import DeploymentResources
from infra.constructs.deployment_scaling import DeploymentScaling
from infra.constructs.deployment_scaling_states import with_scaling
from infra.constructs.deployment_states import deployment_definition
from infra.constructs.python_function import PythonFunction
from infra.constructs.state_machine import WorkflowStateMachine
from infra.constructs.statements import (
    encrypt_volumes,
    executions_arn,
    pass_role_to_sagemaker,
    state_machine_arn,
)
from infra.settings.environment import DeploymentSettings


def deployment_machine(
    scope: Construct,
    construct_id: str,
    *,
    name: str,
    settings: DeploymentSettings,
    serving: Serving,
    resources: DeploymentResources,
    functions: DeploymentFunctions,
    comparison: PythonFunction | None,
    scaling: DeploymentScaling | None,
    ask: PythonFunction | None,
    approval_call: ApprovalCall | None,
    alerts: sns.ITopic,
    key: kms.IKey,
    retention: logs.RetentionDays,
) -> WorkflowStateMachine:
    """The state machine with the states that the workload's way to serve needs.

    Args:
        comparison: compares a shadow with what serves; None where there is no shadow.
        scaling: keeps the endpoint scaled; None where it is not.
        ask, approval_call: asks a person, and how it is called; None where nobody is asked.
    """
    besides = [comparison, ask, scaling.scale if scaling else None]
    called = (*functions.all, *(each for each in besides if each is not None))
    definition = deployment_definition(
        calls=DeploymentCalls(
            plan=functions.plan.function.function_arn,
            preflight=functions.preflight.function.function_arn,
            smoke_test=functions.smoke_test.function.function_arn,
            roll_back=functions.roll_back.function.function_arn,
            clean_up=functions.clean_up.function.function_arn,
            alert_topic=alerts.topic_arn,
            state_machine=state_machine_arn(scope, name),
            champion_parameter=resources.champion_parameter,
            compare=comparison.function.function_arn if comparison else "",
        ),
        times=DeploymentTimes(
            poll_seconds=settings.poll_seconds,
            timeout_seconds=settings.timeout_minutes * 60
            + serving.rollout.waiting_seconds(settings.bake_seconds),
            bake_seconds=settings.bake_seconds,
        ),
        approval=approval_call,
    )
    if scaling is not None:
        definition = with_scaling(definition, scale=scaling.scale.function.function_arn)
    return WorkflowStateMachine(
        scope,
        construct_id,
        name=name,
        definition=definition,
        functions=tuple(each.function for each in called),
        alerts=alerts,
        queues=(),
        key=key,
        retention=retention,
    )


def calls_of_aws(
    scope: Construct,
    *,
    name: str,
    resources: DeploymentResources,
    model_role: iam.IRole,
    key: kms.IKey,
) -> list[iam.PolicyStatement]:
    """What the state machine `name` itself asks of AWS, besides its functions."""
    return [
        iam.PolicyStatement(
            sid="FindEarlierDeployments",
            actions=["states:ListExecutions"],
            resources=[state_machine_arn(scope, name)],
        ),
        iam.PolicyStatement(
            sid="LookAtNewerDeployments",
            actions=["states:DescribeExecution"],
            resources=[executions_arn(scope, name)],
        ),
        resources.record_champion(),
        resources.statement("MarkPackage", ["UpdateModelPackage"], "packages"),
        # Creating a model from a package takes reading the package.
        resources.statement("CreateModel", ["CreateModel"], "models"),
        resources.statement("ReadPackage", ["DescribeModelPackage"], "packages"),
        resources.statement("CreateConfig", ["CreateEndpointConfig"], "configs"),
        resources.statement(
            "ChangeEndpoint", ["CreateEndpoint", "UpdateEndpoint"], "endpoint", "configs"
        ),
        resources.statement("ShiftRequests", ["UpdateEndpointWeightsAndCapacities"], "endpoint"),
        resources.statement("LookAtEndpoint", ["DescribeEndpoint"], "endpoint"),
        *encrypt_volumes(key),
        pass_role_to_sagemaker(model_role),
    ]
