"""The function of images as CloudFormation calls it. No variables."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from lambdas.images.build import Build, BuildFailedError, ImageRequest
from lambdas.shared import custom_resource
from lambdas.shared.clients import client

Event = Mapping[str, Any]

logging.getLogger().setLevel(logging.INFO)

_BUILD_ID = "BuildId"
# Kept back for the call that goes on, and for the answer.
_SPARE_SECONDS = 60.0


def build_image(event: Event, context: Any) -> None:
    """A custom resource with the properties `ProjectName`, `RepositoryName` and `ImageTag`.

    Builds the image unless the repository has it, and answers with the attribute `Digest`. A
    build may take longer than a function may run: the function then calls itself with the
    build's id, and that call goes on waiting.
    """
    if event["RequestType"] == "Delete":
        # The repository goes, or stays, with its stack.
        custom_resource.answer(event)
        return
    try:
        seconds = context.get_remaining_time_in_millis() / 1000 - _SPARE_SECONDS
        build = Build(
            codebuild=client("codebuild"),
            ecr=client("ecr"),
            request=ImageRequest.of(event["ResourceProperties"]),
        )
        build_id = event.get(_BUILD_ID) or build.start()
        if build_id and not build.wait(build_id, seconds=seconds):
            _go_on(event, context, build_id)
            return
        digest = build.digest()
    except BuildFailedError as error:
        custom_resource.answer(event, reason=str(error))
    except Exception as error:
        logging.exception("the image could not be built")
        custom_resource.answer(event, reason=f"{type(error).__name__}: {error}")
    else:
        custom_resource.answer(event, data={"Digest": digest})


def _go_on(event: Event, context: Any, build_id: str) -> None:
    client("lambda").invoke(
        FunctionName=context.invoked_function_arn,
        InvocationType="Event",
        Payload=json.dumps({**event, _BUILD_ID: build_id}).encode(),
    )
