"""AWS::SageMaker::ModelPackageGroup. Its policy and its tags change in place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from local_cloud.sagemaker.cloudformation.resource import Properties, Provisioned, Resource

_POLICY = "ModelPackageGroupPolicy"


class ModelPackageGroupResource(Resource):
    noun = "ModelPackageGroup"
    replacing = ("ModelPackageGroupDescription", "ModelPackageGroupName")
    properties = (_POLICY,)

    def finish_creation(self, name: str, properties: Properties) -> None:
        self._put_policy(name, properties.get(_POLICY))

    def change(self, name: str, old: Properties, new: Properties) -> None:
        if new.get(_POLICY) != old.get(_POLICY):
            self._put_policy(name, new.get(_POLICY))
        if old.get(_POLICY) and not new.get(_POLICY):
            self._call("DeleteModelPackageGroupPolicy", {"ModelPackageGroupName": name})

    def _put_policy(self, name: str, policy: Any) -> None:
        if not policy:
            return
        document = policy if isinstance(policy, str) else json.dumps(policy)
        request = {"ModelPackageGroupName": name, "ResourcePolicy": document}
        self._call("PutModelPackageGroupPolicy", request)

    def provisioned(self, name: str, arn: str) -> Provisioned:
        described = self._call("DescribeModelPackageGroup", {"ModelPackageGroupName": name})
        created = datetime.fromtimestamp(described["CreationTime"], UTC)
        return arn, {
            "ModelPackageGroupArn": arn,
            "ModelPackageGroupStatus": described["ModelPackageGroupStatus"],
            "CreationTime": created.isoformat(),
        }
