"""AWS::SageMaker::Pipeline. Ref: the pipeline's name."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from local_cloud.sagemaker.cloudformation.resource import (
    Properties,
    Provisioned,
    Resource,
    ignore_missing,
)

_LOCATION = {"Bucket": "Bucket", "Key": "ObjectKey", "Version": "VersionId"}
"""A property of PipelineDefinitionS3Location -> the member of the API's."""


class PipelineResource(Resource):
    noun = "Pipeline"
    replacing = ("PipelineName",)

    def request(self, action: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        members = {name: one for name, one in properties.items() if name != "PipelineDefinition"}
        if action == "CreatePipeline":
            # Drawn, so that another stack's pipeline of this name is not taken for this one.
            members["ClientRequestToken"] = str(uuid.uuid4())
        definition = properties["PipelineDefinition"]
        if isinstance(definition, str):
            definition = json.loads(definition)
        if "PipelineDefinitionBody" in definition:
            members["PipelineDefinition"] = definition["PipelineDefinitionBody"]
        else:
            members["PipelineDefinitionS3Location"] = {
                _LOCATION[key]: value
                for key, value in definition["PipelineDefinitionS3Location"].items()
                if key in _LOCATION
            }
        return super().request(action, members)

    def change(self, name: str, old: Properties, new: Properties) -> None:
        request = self.request("UpdatePipeline", {**new, "PipelineName": name})
        self._call("UpdatePipeline", request)

    def delete(self, physical_id: str, properties: Properties) -> None:
        request = {"PipelineName": physical_id, "ClientRequestToken": str(uuid.uuid4())}
        ignore_missing(lambda: self._call("DeletePipeline", request))

    def provisioned(self, name: str, arn: str) -> Provisioned:
        return name, {"PipelineName": name}
