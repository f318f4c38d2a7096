"""The role by which the environments after this one read its model packages."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts import names
from infra.constructs.statements import (
    list_objects,
    parameter_arn,
    read_objects,
    sagemaker_arn,
    use_key,
)
from infra.settings import EnvironmentSettings


class PromotionSource(Construct):
    """A role that the functions of promotion of other environments, and nobody else, may assume.

    It reads, and changes nothing: packages of the groups, the workloads' artifacts, and the
    record of what serves. Since the other account acts with a role of this one, neither the
    bucket's policy nor the key's names another account.

    The trust is in the other account, narrowed to its one role by a condition: a role named as
    the principal itself must be there when this one is made, and is trusted no more once it was
    made anew (IAM User Guide, "AWS JSON policy elements: Principal"). The external id does what
    it is for where accounts are of one owner as well: a role that is assumed by mistake, without
    the id, is not.

    Args:
        targets: the environments that may read.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: EnvironmentSettings,
        targets: Sequence[EnvironmentSettings],
        artifact_bucket: s3.IBucket,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.promotion_role(environment.name),
            description=f"Reads model packages of {names.prefix(environment.name)} for promotion",
            assumed_by=iam.CompositePrincipal(*(self._trusted(target) for target in targets)),
        )
        workloads = environment.workloads
        prefixes = [names.artifact_prefix(workload) for workload in workloads]
        statements = [
            iam.PolicyStatement(
                sid="ReadPackages",
                actions=["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"],
                resources=[
                    sagemaker_arn(self, f"model-package/{group}/*") for group in self._groups
                ],
            ),
            iam.PolicyStatement(
                sid="SeeWhatServes",
                actions=["ssm:GetParameter"],
                resources=[
                    parameter_arn(self, names.champion_parameter(environment.name, workload))
                    for workload in workloads
                ],
            ),
            read_objects(artifact_bucket, prefixes, sid="ReadArtifacts"),
            list_objects(artifact_bucket, prefixes, sid="ListArtifacts"),
            use_key(key, write=False),
        ]
        for statement in statements:
            self.role.add_to_policy(statement)

    @property
    def _groups(self) -> list[str]:
        return [
            names.model_package_group_name(self._environment.name, workload)
            for workload in self._environment.workloads
        ]

    def _trusted(self, target: EnvironmentSettings) -> iam.IPrincipal:
        partition = Stack.of(self).partition
        role = names.promote_role(target.name)
        external_id = names.promotion_external_id(self._environment.name, target.name)
        return iam.PrincipalWithConditions(
            iam.AccountPrincipal(target.account),
            {
                "ArnEquals": {
                    "aws:PrincipalArn": f"arn:{partition}:iam::{target.account}:role/{role}"
                },
                "StringEquals": {"sts:ExternalId": external_id},
            },
        )
