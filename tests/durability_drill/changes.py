"""The drill's other work: what is put, made, approved, tagged, sent and updated."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.durability_drill.ledger import Clients, Ledger
from tests.durability_drill.program import content_of
from tests.durability_drill.reading import answer, described, digest, sha
from tests.durability_drill.workplace import (
    BUCKET,
    GROUP,
    IMAGE,
    LIVE,
    MODELS,
    QUEUED,
    TABLE,
    await_endpoint,
)

SIZES = (0, 10, 100_000, 3_000_000)


def put(clients: Clients, ledger: Ledger, chance: random.Random, _role: str, name: str) -> None:
    """One of a few keys, so that most are put again and again."""
    key, content = f"put/{chance.randrange(5)}", content_of(name, chance.choice(SIZES))
    ledger.may_become(key, digest(BUCKET, key), sha(content))
    clients["s3"].put_object(Bucket=BUCKET, Key=key, Body=content)
    ledger.holds(key, digest(BUCKET, key), sha(content))


def register(
    clients: Clients, ledger: Ledger, chance: random.Random, _role: str, name: str
) -> None:
    """A package, approved or not, and tagged."""
    sagemaker = clients["sagemaker"]
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/models/{MODELS[0]}.tar.gz"}
    arn = sagemaker.create_model_package(
        ModelPackageGroupName=GROUP,
        ModelPackageDescription=name,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]

    def approval(clients: Clients) -> Any:
        found = answer(clients, "sagemaker", "describe_model_package", ModelPackageName=arn)
        return found and found["ModelApprovalStatus"]

    ledger.holds(f"approval of {name}", approval, "PendingManualApproval")
    status = chance.choice(["Approved", "Rejected"])
    ledger.may_become(f"approval of {name}", approval, status)
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)
    ledger.holds(f"approval of {name}", approval, status)
    group = f"{arn.rpartition('/')[0]}".replace("model-package/", "model-package-group/")
    tags, read = [{"Key": "last", "Value": name}], described("list_tags", ResourceArn=group)
    if "tags" in ledger.facts:
        ledger.may_become("tags", read, {"Tags": tags})
    sagemaker.add_tags(ResourceArn=group, Tags=tags)
    ledger.holds("tags", read, {"Tags": tags})


def remember(
    clients: Clients, ledger: Ledger, _chance: random.Random, _role: str, name: str
) -> None:
    """What services other than SageMaker have to remember."""
    principal = {"Service": "sagemaker.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    clients["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))

    def made(clients: Clients) -> Any:
        found = answer(clients, "iam", "get_role", RoleName=name)
        return found and found["Role"]["RoleId"]

    ledger.holds(f"role {name}", made, made(clients))
    clients["sqs"].send_message(QueueUrl=clients.queue_url, MessageBody=name)
    ledger.sent.append(name)
    item = {"key": {"S": name}, "content": {"S": "x" * 100}}
    clients["dynamodb"].put_item(TableName=TABLE, Item=item)

    def kept(clients: Clients) -> Any:
        request = {"TableName": TABLE, "Key": {"key": {"S": name}}}
        return (answer(clients, "dynamodb", "get_item", **request) or {}).get("Item")

    ledger.holds(f"record {name}", kept, item)


def update(clients: Clients, ledger: Ledger, chance: random.Random, _role: str, name: str) -> None:
    """The endpoint's other configuration, and what it answers then."""
    model = chance.choice(MODELS)
    ledger.may_become("configuration", _configuration, model)
    clients["sagemaker"].update_endpoint(EndpointName=LIVE, EndpointConfigName=model)
    found = await_endpoint(clients, LIVE)
    assert found["EndpointStatus"] == "InService", found
    assert found["EndpointConfigName"] == model, found
    ledger.holds("configuration", _configuration, model)
    assert asked(clients, name) == f"{model}:{name}"


def _configuration(clients: Clients) -> Any:
    return clients["sagemaker"].describe_endpoint(EndpointName=LIVE)["EndpointConfigName"]


def asked(clients: Clients, text: str) -> str:
    found = clients["sagemaker-runtime"].invoke_endpoint(EndpointName=LIVE, Body=text.encode())
    content: bytes = found["Body"].read()
    return content.decode().strip()


def queue(clients: Clients, ledger: Ledger, _chance: random.Random, _role: str, name: str) -> None:
    """An asynchronous request: once it is taken its answer must come, whatever happens."""
    key = f"questions/{name}"
    clients["s3"].put_object(Bucket=BUCKET, Key=key, Body=name.encode())
    location = clients["sagemaker-runtime"].invoke_endpoint_async(
        EndpointName=QUEUED, InputLocation=f"s3://{BUCKET}/{key}"
    )["OutputLocation"]
    target = location.removeprefix(f"s3://{BUCKET}/")
    content = sha(f"{MODELS[0]}:{name}\n".encode())
    ledger.holds(f"answer to {name}", digest(BUCKET, target), content)
