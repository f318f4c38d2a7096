"""What the functions of a stage call and what their roles allow are the same.

The local cloud refuses what a policy lacks, on the ways that its tests go; here every call counts
that the code can make, and what is allowed and never called is found as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from contracts import names
from tests.synth.templates import EVERY_ENVIRONMENT, ROOT, Template, resources, stacks
from tests.synth.test_policies import listed

LAMBDAS = ROOT / "lambdas"
WORDS = sorted(path.parent.name for path in LAMBDAS.glob("*/handler.py"))

# boto3's name of a service to that of its IAM actions.
_PREFIXES = {
    "sagemaker-runtime": "sagemaker",
    "stepfunctions": "states",
    "service-quotas": "servicequotas",
}
# Operations whose permissions have other names (Amazon S3 and Lambda API references).
_OTHER_NAMES = {
    "s3:DeleteObjects": {"s3:DeleteObject", "s3:DeleteObjectVersion"},
    "lambda:Invoke": {"lambda:InvokeFunction"},
    "s3:HeadObject": {"s3:GetObject"},
    "s3:CreateMultipartUpload": {"s3:PutObject"},
    "s3:UploadPart": {"s3:PutObject"},
    "s3:CompleteMultipartUpload": {"s3:PutObject"},
    "s3:ListObjectsV2": {"s3:ListBucket"},
    "s3:ListMultipartUploads": {"s3:ListBucketMultipartUploads"},
    "s3:ListObjectVersions": {"s3:ListBucketVersions"},
}
# Allowed without a call of that name in the code.
_BESIDES = {
    # S3 says that a missing object is missing, and not that access is denied.
    "s3:ListBucket",
    # Comes with writing: the end of an upload in parts that was broken off.
    "s3:AbortMultipartUpload",
    # What Application Auto Scaling does in the name of whoever registers a target.
    "cloudwatch:DescribeAlarms",
    "iam:CreateServiceLinkedRole",
    # GetObject asks for it where it names a version.
    "s3:GetObjectVersion",
}
# Another service's call has the same name, and is the one that is made.
_NAMESAKES = {"sns:DeleteEndpoint"}
# What Lambda itself and the keys need; tests/synth/test_real_account.py looks at the keys.
_OF_LAMBDA = ("kms", "sqs", "xray")
_ITS_OWN_LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}


def words_in(word: str) -> Iterator[str]:
    """Attributes and texts in the code of a stage, among which boto3's operations are."""
    own = sorted((LAMBDAS / word).glob("*.py"))
    for path in [*own, *sorted(shared_files(own))]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                yield node.attr
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def shared_files(files: Iterable[Path]) -> set[Path]:
    """The modules of lambdas/shared that the files import."""
    return {
        ROOT / f"{node.module.replace('.', '/')}.py"
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lambdas.shared.")
        if node.module
    }


def services(word: str) -> set[str]:
    """Services that the stage's handlers make clients of."""
    tree = ast.parse((LAMBDAS / word / "handler.py").read_text())
    return {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        # Of the function's role, or of a role that it assumes: `session.client(...)`.
        and "client" in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))
        and isinstance(node.args[0], ast.Constant)
    }


@cache
def operations(service: str) -> dict[str, str]:
    """boto3's method of each operation to the operation."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def called(word: str) -> set[str]:
    """IAM actions of the calls in the code of a stage."""
    found: set[str] = set()
    said = set(words_in(word))
    for service in services(word):
        for method, operation in operations(service).items():
            if method in said:
                action = f"{_PREFIXES.get(service, service)}:{operation}"
                found |= _OTHER_NAMES.get(action, {action})
    return found - _NAMESAKES


def allowed(environment: str, word: str) -> set[str]:
    """Actions that the roles of a stage's functions are allowed, but for what Lambda needs."""
    found: set[str] = set()
    for template in stacks(environment).values():
        roles = {
            function["Properties"]["Role"]["Fn::GetAtt"][0]
            for function in resources(template, "AWS::Lambda::Function").values()
            if function["Properties"]["Handler"].startswith(f"lambdas.{word}.")
        } | _assumed(environment, word, template)
        for policy in resources(template, "AWS::IAM::Policy").values():
            if roles & {role["Ref"] for role in policy["Properties"]["Roles"]}:
                for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                    found |= set(listed(statement["Action"]))
    return {action for action in found - _ITS_OWN_LOG if action.split(":")[0] not in _OF_LAMBDA}


def _assumed(environment: str, word: str, template: Template) -> set[str]:
    """Roles of this environment that a function of another one acts with."""
    if word != "promotion":
        return set()
    return {
        logical_id
        for logical_id, role in resources(template, "AWS::IAM::Role").items()
        if role["Properties"].get("RoleName") == names.promotion_role(environment)
    }


@pytest.mark.parametrize("environment", EVERY_ENVIRONMENT)
@pytest.mark.parametrize("word", WORDS)
def test_nothing_is_allowed_that_is_not_called(environment: str, word: str) -> None:
    assert allowed(environment, word) - called(word) - _BESIDES == set()


@pytest.mark.parametrize("word", WORDS)
def test_every_call_is_allowed(word: str) -> None:
    # Not every environment has every function: some cannot be destroyed, or promote nothing.
    anywhere = set().union(*(allowed(environment, word) for environment in EVERY_ENVIRONMENT))
    assert called(word) - anywhere == set()


def test_calls_are_found_in_the_code() -> None:
    """What the test above leans on."""
    assert {"s3:PutObject", "s3:ListBucketVersions", "dynamodb:UpdateItem"} <= called("intake")
    assert "sagemaker:ListPipelineExecutionSteps" in called("training")
    assert "sagemaker:InvokeEndpoint" in called("deployment")
