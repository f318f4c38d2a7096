"""AWS::SageMaker::NotebookInstanceLifecycleConfig, as a record: its scripts never run."""

from __future__ import annotations

from local_cloud.sagemaker.cloudformation.resource import Properties, Resource


class NotebookInstanceLifecycleConfigResource(Resource):
    noun = "NotebookInstanceLifecycleConfig"
    replacing = ("NotebookInstanceLifecycleConfigName",)

    def change(self, name: str, old: Properties, new: Properties) -> None:
        scripts = {member: new.get(member, []) for member in ("OnCreate", "OnStart")}
        if scripts == {member: old.get(member, []) for member in scripts}:
            return
        action = f"Update{self.noun}"
        self._call(action, self.request(action, {f"{self.noun}Name": name, **scripts}))
