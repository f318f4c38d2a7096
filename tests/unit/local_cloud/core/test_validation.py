"""Requests refused in AWS's words: those of the public record, but for the values in them."""

from __future__ import annotations

from typing import Any

import pytest

from local_cloud.json_api.constraints import compiled
from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker import validation

NAME_PATTERN = r"[a-zA-Z0-9]([\-a-zA-Z0-9]*[a-zA-Z0-9])?"


def refusal(action: str, request: dict[str, Any]) -> ApiError:
    with pytest.raises(ApiError) as caught:
        validation.validate(action, request)
    return caught.value


def test_every_pattern_of_awss_model_can_be_checked() -> None:
    model = validation.service_model()
    patterns = [model.shape_for(name).metadata.get("pattern") for name in model.shape_names]
    assert len([compiled(pattern) for pattern in patterns if pattern]) > 100


def tags(*keys: str) -> dict[str, object]:
    return {
        "ModelPackageGroupName": "group",
        "Tags": [{"Key": key, "Value": "a value: größer"} for key in keys],
    }


def test_letters_of_every_language_may_stand_in_tags() -> None:
    validation.validate("CreateModelPackageGroup", tags("größe", "aws-cdk:bucket", "大小"))


def test_what_a_pattern_forbids_is_named_with_its_place() -> None:
    error = refusal("CreateModelPackageGroup", tags("fine", "not;fine"))
    assert "'tags.2.member.key' failed to satisfy constraint" in error.message


@pytest.mark.parametrize(
    ("action", "request_", "message"),
    [
        (
            "DescribeTrainingJob",
            {},
            "1 validation error detected: Value null at 'trainingJobName' failed to satisfy "
            "constraint: Member must not be null",
        ),
        (
            "DescribeModel",
            {"ModelName": "under_score" + 60 * "-"},
            f"2 validation errors detected: Value 'under_score{60 * '-'}' at 'modelName' failed "
            "to satisfy constraint: Member must have length less than or equal to 63; Value "
            f"'under_score{60 * '-'}' at 'modelName' failed to satisfy constraint: Member must "
            f"satisfy regular expression pattern: {NAME_PATTERN}",
        ),
        (
            "ListEndpoints",
            {"SortBy": "Colour", "MaxResults": 0},
            "2 validation errors detected: Value 'Colour' at 'sortBy' failed to satisfy "
            "constraint: Member must satisfy enum value set: [Name, CreationTime, Status]; Value "
            "'0' at 'maxResults' failed to satisfy constraint: Member must have value greater "
            "than or equal to 1",
        ),
        (
            "CreateModel",
            {"ModelName": "m", "VpcConfig": {"SecurityGroupIds": ["sg-1", "s g"], "Subnets": []}},
            "2 validation errors detected: Value '[sg-1, s g]' at 'vpcConfig.securityGroupIds' "
            "failed to satisfy constraint: Member must satisfy constraint: [Member must have "
            "length less than or equal to 32, Member must have length greater than or equal to 0, "
            "Member must satisfy regular expression pattern: [-0-9a-zA-Z]+]; Value '[]' at "
            "'vpcConfig.subnets' failed to satisfy constraint: Member must have length greater "
            "than or equal to 1",
        ),
    ],
)
def test_every_fault_is_told_at_once_as_aws_tells_it(
    action: str, request_: dict[str, Any], message: str
) -> None:
    error = refusal(action, request_)
    assert (error.code, error.status) == ("ValidationException", 400)
    assert error.message == message


def test_a_map_is_told_as_a_whole_with_all_that_is_asked_of_its_values() -> None:
    algorithm = {"TrainingImage": "image", "TrainingInputMode": "File"}
    error = refusal(
        "CreateTrainingJob",
        {
            "TrainingJobName": "job",
            "AlgorithmSpecification": algorithm,
            "RoleArn": "arn:aws:iam::000000000000:role/training",
            "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
            "HyperParameters": {"epochs": "1", "labels": 2501 * "x"},
        },
    )
    assert error.message == (
        f"1 validation error detected: Value '{{epochs=1, labels={2501 * 'x'}}}' at "
        "'hyperParameters' failed to satisfy constraint: Map value must satisfy constraint: "
        "[Member must have length less than or equal to 2500, Member must have length greater "
        "than or equal to 0, Member must satisfy regular expression pattern: .*]"
    )


@pytest.mark.parametrize(
    ("action", "request_", "message"),
    [
        ("DescribeModel", {"ModelName": 7}, "NUMBER_VALUE can not be converted to a String"),
        ("ListModels", {"MaxResults": "7"}, "STRING_VALUE can not be converted to an Integer"),
        ("ListModels", {"MaxResults": True}, "TRUE_VALUE can not be converted to an Integer"),
        ("DescribeModel", {"ModelName": {}}, "Start of structure or map found where not expected."),
        (
            "ListModels",
            {"CreationTimeAfter": "2026-01-01"},
            "STRING_VALUE can not be converted to milliseconds since epoch",
        ),
        ("AddTags", {"ResourceArn": "arn", "Tags": "x"}, "Expected list or null"),
    ],
)
def test_a_value_of_a_wrong_json_type_is_a_serialization_exception(
    action: str, request_: dict[str, Any], message: str
) -> None:
    error = refusal(action, request_)
    assert error.code == "SerializationException"
    assert error.message.startswith(message)
    # Beyond AWS's sentence, the place.
    assert "(at '" in error.message


def test_a_member_that_no_model_knows_is_refused_by_name() -> None:
    error = refusal(
        "ListTags", {"ResourceArn": "arn:aws:sagemaker:x:000000000000:model/m", "Colour": "red"}
    )
    assert error.code == "ValidationException"
    assert error.message.startswith("ListTags has no member colour as far as the local cloud knows")


ANSWERS: list[tuple[str, dict[str, Any], str]] = [
    ("DescribeModel", {"ModelName": "m"}, "Value null at 'modelArn'"),
    ("ListModels", {"Models": [], "Colour": "red"}, "unknown member 'colour'"),
    ("ListModels", {"Models": {}}, "Start of structure or map found"),
    ("DeleteModel", {"ModelName": "m"}, "there is no answer but {}"),
]


@pytest.mark.parametrize(("action", "answer", "fault"), ANSWERS)
def test_an_answer_that_is_not_as_aws_describes_it_is_found_in_tests(
    action: str, answer: dict[str, Any], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ApiError, match="AnswerOutOfShape") as caught:
        validation.check_answer(action, answer)
    assert fault in caught.value.message
    monkeypatch.delenv(validation.CHECK_ANSWERS)
    validation.check_answer(action, answer)
