"""ARNs as AWS will see them, of templates in which references stand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from tests.synth.templates import Template, stacks

# Of a resource that CloudFormation names; where an attribute and a plain reference give an ARN.
_BY_TYPE = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:region:000000000000:table/name",
    "AWS::CodeBuild::Project": "arn:aws:codebuild:region:000000000000:project/name",
    "AWS::ECR::Repository": "arn:aws:ecr:region:000000000000:repository/name",
    "AWS::IAM::Role": "arn:aws:iam::000000000000:role/name",
    "AWS::KMS::Key": "arn:aws:kms:region:000000000000:key/name",
    "AWS::Lambda::Function": "arn:aws:lambda:region:000000000000:function:name",
    "AWS::Logs::LogGroup": "arn:aws:logs:region:000000000000:log-group:name:*",
    "AWS::S3::Bucket": "arn:aws:s3:::name",
    "AWS::SNS::Topic": "arn:aws:sns:region:000000000000:name",
    "AWS::SQS::Queue": "arn:aws:sqs:region:000000000000:name",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:region:000000000000:stateMachine:name",
}


def arn(environment: str, template: Template, value: Any) -> str:
    """`value` with each reference in it replaced by an ARN of what it refers to."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        separator, parts = argument
        return str(separator).join(arn(environment, template, part) for part in parts)
    if function == "Fn::ImportValue":
        owner, exported = _exports(environment)[argument]
        return arn(environment, owner, exported)
    if function == "Fn::GetAtt":
        logical_id, attribute = argument
        assert attribute == "Arn", value
        return _BY_TYPE[template["Resources"][logical_id]["Type"]]
    if function == "Ref":
        return _BY_TYPE[template["Resources"][argument]["Type"]]
    raise ValueError(f"no ARN is known for {function}: {argument}")


@cache
def _exports(environment: str) -> Mapping[str, tuple[Template, Any]]:
    """Template and value of each export by its name."""
    return {
        output["Export"]["Name"]: (template, output["Value"])
        for template in stacks(environment).values()
        for output in template.get("Outputs", {}).values()
        if "Export" in output
    }
