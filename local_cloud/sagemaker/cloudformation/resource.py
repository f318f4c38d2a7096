"""What SageMaker's resource types have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from local_cloud.json_api.errors import ApiError
from local_cloud.json_api.messages import Request, Response
from local_cloud.json_api.template_values import typed
from local_cloud.ministack_bridge import ResourceHandlers, generated_name
from local_cloud.sagemaker import validation
from local_cloud.sagemaker.cloudformation.errors import ProvisioningError, told

Call = Callable[[str, Request], Response]
Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]
"""A resource's physical id, which is what ``Ref`` answers, and what ``Fn::GetAtt`` does."""
NAME_CHARACTERS = 63


class Resource:
    """One type over the actions Create, Describe, Delete of its ``noun``: ``Ref`` answers its
    ARN, ``Fn::GetAtt`` its ARN and its name."""

    noun: ClassVar[str]
    replacing: ClassVar[tuple[str, ...]]
    """The properties that the template reference says to require a replacement."""
    properties: ClassVar[tuple[str, ...]] = ()
    """Those besides the members of the Create action's request."""
    tagged: ClassVar[bool] = True
    """Whether the tags of the stack go to the resource as well."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def handlers(self) -> ResourceHandlers:
        return ResourceHandlers(
            create=told(self.create),
            update=told(self.update),
            delete=told(self.delete),
            replacing=self.replacing,
            name=self._name,
            tagged=self.tagged,
            # They ask S3 and ECR of this very server, and for endpoints they wait.
            waits=True,
        )

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
        """Raises ApiError or ProvisioningError."""
        self._check_properties(logical_id, properties)
        name = str(
            properties.get(self._name)
            or generated_name(stack_name, logical_id, longest=NAME_CHARACTERS)
        )
        request = self.request(f"Create{self.noun}", {**properties, self._name: name})
        arn = str(self._call(f"Create{self.noun}", request)[f"{self.noun}Arn"])
        self.finish_creation(name, properties)
        return self.provisioned(name, arn)

    def finish_creation(self, name: str, properties: Properties) -> None:
        """Wait until the resource that was just made is there. Raises ProvisioningError."""

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack_name: str
    ) -> Provisioned:
        """A change that replaces nothing. Raises ApiError or ProvisioningError."""
        name = self.name_of(physical_id)
        self._check_properties(name, new)
        self.change(name, old, new)
        arn = str(self._call(f"Describe{self.noun}", {self._name: name})[f"{self.noun}Arn"])
        self._change_tags(arn, old, new)
        return self.provisioned(name, arn)

    def change(self, name: str, old: Properties, new: Properties) -> None:
        """Change in place all but the tags."""

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Raises ApiError or ProvisioningError."""
        with_name = {self._name: self.name_of(physical_id)}
        ignore_missing(lambda: self._call(f"Delete{self.noun}", with_name))

    def provisioned(self, name: str, arn: str) -> Provisioned:
        return arn, {f"{self.noun}Arn": arn, self._name: name}

    def name_of(self, physical_id: str) -> str:
        return physical_id.rsplit("/", 1)[-1]

    def request(self, action: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The action's request, of those properties that are members of it."""
        shape: Any = validation.operation(action).input_shape
        members = {name: one for name, one in properties.items() if name in shape.members}
        if "Tags" in members:
            members["Tags"] = own_tags(members)
            if not members["Tags"]:
                del members["Tags"]
        request: dict[str, Any] = typed(shape, members)
        return request

    @property
    def _name(self) -> str:
        return f"{self.noun}Name"

    def _check_properties(self, resource: str, properties: Properties) -> None:
        shape: Any = validation.operation(f"Create{self.noun}").input_shape
        known = {*shape.members, *self.properties}
        unknown = ", ".join(sorted(properties.keys() - known))
        if unknown:
            raise ProvisioningError(
                f"Properties validation failed for resource {resource} with message: "
                f"#: extraneous key [{unknown}] is not permitted"
            )

    def _change_tags(self, arn: str, old: Properties, new: Properties) -> None:
        before, after = own_tags(old), own_tags(new)
        kept = {tag["Key"] for tag in after}
        gone = [tag["Key"] for tag in before if tag["Key"] not in kept]
        if gone:
            self._call("DeleteTags", {"ResourceArn": arn, "TagKeys": gone})
        if kept and after != before:
            self._call("AddTags", {"ResourceArn": arn, "Tags": after})


def own_tags(properties: Mapping[str, Any]) -> list[dict[str, str]]:
    """The template's and the stack's tags. CloudFormation's own (``aws:cloudformation:...``)
    are left out: SageMaker's API lets nobody but CloudFormation itself write them."""
    return [
        {"Key": str(tag["Key"]), "Value": str(tag.get("Value", ""))}
        for tag in properties.get("Tags") or []
        if not str(tag["Key"]).startswith("aws:")
    ]


def ignore_missing(delete: Callable[[], object]) -> None:
    """CloudFormation counts a resource that somebody else deleted as deleted."""
    try:
        delete()
    except ApiError as error:
        if not is_missing(error):
            raise


def is_missing(error: ApiError) -> bool:
    """Whether the resource of a call is not there: SageMaker's families say it differently."""
    message = error.message.lower()
    words = ("not found", "does not exist", "could not find", "recordnotfound")
    return error.code == "ResourceNotFound" or any(one in message for one in words)
