"""A real local cloud for tests: started once a session on a free port, ended with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from local_cloud import process
from local_cloud.environment import client_environment
from local_cloud.settings import LocalCloudSettings


@dataclass(frozen=True)
class RunningCloud:
    settings: LocalCloudSettings

    def client(self, name: str, **options: Any) -> Any:
        """A client with the account's root keys."""
        values = client_environment(self.settings)
        key, secret = values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"]
        return self.session(key, secret, name, **options)

    def client_as(self, role_arn: str, name: str) -> Any:
        """A client with a role's credentials."""
        keys = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")
        given = keys["Credentials"]
        return self.session(
            given["AccessKeyId"], given["SecretAccessKey"], name, given["SessionToken"]
        )

    def session(
        self, key: str, secret: str, name: str, token: str | None = None, **options: Any
    ) -> Any:
        session = boto3.Session(
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            region_name=self.settings.region,
        )
        return session.client(
            name,
            endpoint_url=self.settings.endpoint_url,
            verify=str(self.settings.ca_bundle),
            **options,
        )

    def role(self, name: str, statements: list[dict[str, Any]], *, trusts: list[str]) -> str:
        """A role that the statements allow something; answers its ARN."""
        iam = self.client("iam")
        principal: dict[str, Any] = {"AWS": self.settings.account_id}
        if trusts:
            principal["Service"] = trusts
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        role = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=policy)
        return str(role["Role"]["Arn"])


@contextmanager
def running_cloud(state_dir: Path) -> Iterator[RunningCloud]:
    settings = process.start(LocalCloudSettings(state_dir=state_dir), any_port=True)
    try:
        yield RunningCloud(settings)
    finally:
        process.stop(settings)
