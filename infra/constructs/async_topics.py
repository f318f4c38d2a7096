"""The topics that tell what became of an asynchronous endpoint's requests."""

from __future__ import annotations

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct


class AsyncTopics(Construct):
    """Two encrypted, TLS-only topics. SageMaker publishes to them as the endpoint's model role.

    Whoever waits for answers subscribes; each message names the request and its answer in S3.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, endpoint_name: str, key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        self.success = self._topic("Success", f"{endpoint_name}-answers", key)
        self.error = self._topic("Error", f"{endpoint_name}-failures", key)

    def _topic(self, construct_id: str, name: str, key: kms.IKey) -> sns.ITopic:
        return sns.Topic(self, construct_id, topic_name=name, master_key=key, enforce_ssl=True)
