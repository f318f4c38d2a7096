"""AWS::SageMaker::NotebookInstance, as a record: see local_cloud.sagemaker.notebook_records.

As on AWS, an instance that runs is stopped for a change and started again.
"""

from __future__ import annotations

from typing import Any

from local_cloud.json_api.messages import Response
from local_cloud.sagemaker.cloudformation.resource import Properties, Resource, ignore_missing
from local_cloud.sagemaker.cloudformation.waiting import settled, wait_until_gone

_AT_REST = ("InService", "Stopped", "Failed")
_DISASSOCIATED = {
    "LifecycleConfigName": "DisassociateLifecycleConfig",
    "AcceleratorTypes": "DisassociateAcceleratorTypes",
    "DefaultCodeRepository": "DisassociateDefaultCodeRepository",
    "AdditionalCodeRepositories": "DisassociateAdditionalCodeRepositories",
}
"""A property -> the member of UpdateNotebookInstance that takes it away."""


class NotebookInstanceResource(Resource):
    noun = "NotebookInstance"
    replacing = (
        "DirectInternetAccess",
        "KmsKeyId",
        "NotebookInstanceName",
        "PlatformIdentifier",
        "SecurityGroupIds",
        "SubnetId",
    )

    def finish_creation(self, name: str, properties: Properties) -> None:
        self._settled(name)

    def change(self, name: str, old: Properties, new: Properties) -> None:
        request = self._changes(old, new)
        if not request:
            return
        named = {"NotebookInstanceName": name}
        running = self._settled(name)["NotebookInstanceStatus"] == "InService"
        if running:
            self._call("StopNotebookInstance", named)
            self._settled(name)
        self._call("UpdateNotebookInstance", {**named, **request})
        self._settled(name)
        if running:
            self._call("StartNotebookInstance", named)
            self._settled(name)

    def delete(self, physical_id: str, properties: Properties) -> None:
        named = {"NotebookInstanceName": self.name_of(physical_id)}

        def stop_and_delete() -> None:
            if (
                self._settled(named["NotebookInstanceName"])["NotebookInstanceStatus"]
                == "InService"
            ):
                self._call("StopNotebookInstance", named)
                self._settled(named["NotebookInstanceName"])
            self._call("DeleteNotebookInstance", named)

        ignore_missing(stop_and_delete)
        wait_until_gone(lambda: self._call("DescribeNotebookInstance", named))

    def _changes(self, old: Properties, new: Properties) -> dict[str, Any]:
        changed = {name: value for name, value in new.items() if value != old.get(name)}
        # An update that leaves PlatformIdentifier and the like as they are need not name them.
        request = self.request("UpdateNotebookInstance", changed)
        gone = [flag for name, flag in _DISASSOCIATED.items() if name in old and name not in new]
        return {**request, **dict.fromkeys(gone, True)}

    def _settled(self, name: str) -> Response:
        return settled(
            lambda: self._call("DescribeNotebookInstance", {"NotebookInstanceName": name}),
            status="NotebookInstanceStatus",
            at_rest=_AT_REST,
        )
