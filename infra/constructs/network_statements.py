"""What a role needs so that SageMaker can put its containers into a network of the account."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from contracts.serving import Vpc


def join_network(scope: Construct, vpc: Vpc) -> list[iam.PolicyStatement]:
    """Make and remove network interfaces in exactly these subnets.

    The actions are those that SageMaker's developer guide lists ("Amazon SageMaker AI Roles",
    CreateModel with a VpcConfig).
    """
    stack = Stack.of(scope)

    def ec2(kind: str, name: str) -> str:
        return stack.format_arn(service="ec2", resource=kind, resource_name=name)

    subnets = [ec2("subnet", subnet) for subnet in vpc.subnets]
    groups = [ec2("security-group", group) for group in vpc.security_groups]
    # Interfaces have ids that EC2 makes.
    interfaces = ec2("network-interface", "*")
    return [
        iam.PolicyStatement(
            sid="JoinNetwork",
            actions=["ec2:CreateNetworkInterface"],
            resources=[*subnets, *groups, interfaces],
        ),
        iam.PolicyStatement(
            sid="UseInterfaces",
            actions=[
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
            ],
            resources=[interfaces],
            conditions={"ArnEquals": {"ec2:Subnet": subnets}},
        ),
        iam.PolicyStatement(
            sid="LookAtNetwork",
            actions=[
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            resources=["*"],
        ),
    ]
