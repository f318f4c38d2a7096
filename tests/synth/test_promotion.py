"""A package goes from one environment to the next, and nobody else is let in for that."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import app as application
from contracts import names
from tests.synth.templates import ROOT, Template, context, resources, stacks
from tests.synth.test_policies import listed

ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}
STEPS = [("dev", "staging"), ("staging", "prod")]


def template(environment: str, word: str) -> Template:
    return stacks(environment)[names.stack_name(environment, word)]


def role(found: Template, name: str) -> tuple[str, dict[str, Any]]:
    """Logical id and properties of the role of this name."""
    ((logical_id, resource),) = [
        (logical_id, resource)
        for logical_id, resource in resources(found, "AWS::IAM::Role").items()
        if resource["Properties"].get("RoleName") == name
    ]
    return logical_id, resource["Properties"]


def statements(found: Template, logical_id: str) -> list[dict[str, Any]]:
    """What the policies of a role allow."""
    return [
        statement
        for policy in resources(found, "AWS::IAM::Policy").values()
        if {"Ref": logical_id} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


@pytest.mark.parametrize(("source", "target"), STEPS)
def test_the_function_of_the_next_environment_alone_may_read(source: str, target: str) -> None:
    _, reader = role(template(source, "training"), names.promotion_role(source))

    (statement,) = reader["AssumeRolePolicyDocument"]["Statement"]
    account = ACCOUNTS[target]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == "sts:AssumeRole"
    assert f":iam::{account}:root" in str(statement["Principal"]["AWS"])
    allowed = statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]
    assert f":iam::{account}:role/{names.promote_role(target)}" in str(allowed)
    assert statement["Condition"]["StringEquals"] == {
        "sts:ExternalId": names.promotion_external_id(source, target)
    }


@pytest.mark.parametrize(("source", "target"), STEPS)
def test_the_function_assumes_the_very_role_that_trusts_it(source: str, target: str) -> None:
    found = template(target, "deployment")
    logical_id, _ = role(found, names.promote_role(target))
    (function,) = [
        each["Properties"]
        for each in resources(found, "AWS::Lambda::Function").values()
        if each["Properties"]["Role"] == {"Fn::GetAtt": [logical_id, "Arn"]}
    ]

    told = function["Environment"]["Variables"]
    assert told["SOURCE_ACCOUNT"] == ACCOUNTS[source]
    assert told["EXTERNAL_ID"] == names.promotion_external_id(source, target)
    assert names.promotion_role(source) in str(told["SOURCE_ROLE_ARN"])
    (assume,) = [
        each for each in statements(found, logical_id) if "sts:AssumeRole" in listed(each["Action"])
    ]
    assert assume["Resource"] == told["SOURCE_ROLE_ARN"]


@pytest.mark.parametrize(("source", "target"), STEPS)
def test_the_role_that_others_assume_changes_nothing(source: str, target: str) -> None:
    found = template(source, "training")
    logical_id, _ = role(found, names.promotion_role(source))

    actions = {
        action for each in statements(found, logical_id) for action in listed(each["Action"])
    }

    assert actions == {
        "kms:Decrypt",
        "kms:DescribeKey",
        "s3:GetObject",
        "s3:ListBucket",
        "sagemaker:DescribeModelPackage",
        "sagemaker:ListModelPackages",
        "ssm:GetParameter",
    }


@pytest.mark.parametrize("target", [target for _, target in STEPS])
def test_the_function_writes_nothing_but_what_is_promoted(target: str) -> None:
    found = template(target, "deployment")
    logical_id, _ = role(found, names.promote_role(target))

    written = [
        resource
        for each in statements(found, logical_id)
        if "s3:PutObject" in listed(each["Action"])
        for resource in listed(each["Resource"])
    ]

    assert written
    assert all("/promoted-" in str(each) for each in written)


@pytest.mark.parametrize(("environment", "word"), [("prod", "training"), ("local", "training")])
def test_where_packages_go_nowhere_nobody_is_trusted(environment: str, word: str) -> None:
    for resource in resources(template(environment, word), "AWS::IAM::Role").values():
        assert resource["Properties"].get("RoleName") != names.promotion_role(environment)


@pytest.mark.parametrize("environment", ["dev", "local"])
def test_where_packages_come_from_nowhere_there_is_no_function(environment: str) -> None:
    outputs = template(environment, "deployment")["Outputs"]
    assert "PromoteFunctionName" not in outputs


@pytest.fixture
def with_own_image(tmp_path: Path) -> Path:
    """A configuration whose environments all have a workload with an image of its own."""
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    for environment in ("staging", "prod"):
        file = config / "environments" / f"{environment}.yaml"
        text = file.read_text()
        workloads = "workloads:\n  - cifar-tensorflow\n"
        assert workloads in text
        file.write_text(text.replace(workloads, "workloads:\n  - iris-sklearn-byoc\n"))
    file = config / "environments" / "dev.yaml"
    lines = [line for line in file.read_text().splitlines() if "birds" not in line]
    file.write_text("\n".join(lines) + "\n")
    return config


def synthesised(config: Path, environment: str) -> dict[str, Template]:
    context_ = {**context(), "config": str(config), "workloads": "iris-sklearn-byoc"}
    app = application.build_app(environment, context=context_)
    return {stack.stack_name: stack.template for stack in app.synth().stacks}


def test_an_own_image_is_pulled_from_where_it_was_built_by_all_later_environments(
    with_own_image: Path,
) -> None:
    dev, prod = (synthesised(with_own_image, name) for name in ("dev", "prod"))

    (repository,) = resources(dev["Rookery-dev-images"], "AWS::ECR::Repository").values()
    (statement,) = repository["Properties"]["RepositoryPolicyText"]["Statement"]
    trusted = str(statement["Principal"]["AWS"])
    assert all(f":iam::{ACCOUNTS[name]}:root" in trusted for name in ("staging", "prod"))
    pulled = [
        resource
        for policy in resources(prod["Rookery-prod-deployment"], "AWS::IAM::Policy").values()
        for each in policy["Properties"]["PolicyDocument"]["Statement"]
        if each.get("Sid") == "PullImages"
        for resource in listed(each["Resource"])
    ]
    for name in ("dev", "staging", "prod"):
        repository_arn = f":{ACCOUNTS[name]}:repository/rookery-{name}-iris-sklearn-byoc"
        assert any(repository_arn in str(each) for each in pulled), name
