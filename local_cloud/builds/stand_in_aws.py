"""`aws` in a build: a STAND-IN of the local cloud's for `aws ecr get-login-password` alone."""

from __future__ import annotations

import base64
import sys
from collections.abc import Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError

_FLAGS = ("--no-cli-pager", "--no-paginate", "--debug", "--no-verify-ssl")
NAME = "aws (stand-in of the local cloud)"


def main(arguments: Sequence[str]) -> int:
    """Answers the exit status."""
    words = _words(arguments)
    if words[:2] != ["ecr", "get-login-password"]:
        print(
            f"{NAME} has `aws ecr get-login-password` only, not `aws {' '.join(arguments)}`",
            file=sys.stderr,
        )
        return 252
    region = _option(arguments, "--region")
    try:
        answer = boto3.client("ecr", region_name=region).get_authorization_token()
    except (ClientError, BotoCoreError) as error:
        print(error, file=sys.stderr)
        return 254
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    print(token.partition(":")[2])
    return 0


def _words(arguments: Sequence[str]) -> list[str]:
    """Without options and their values."""
    words, left = [], list(arguments)
    while left:
        word = left.pop(0)
        if not word.startswith("-"):
            words.append(word)
        elif "=" not in word and left[:1] and word not in _FLAGS:
            left.pop(0)
    return words


def _option(arguments: Sequence[str], name: str) -> str | None:
    for number, word in enumerate(arguments):
        if word == name and number + 1 < len(arguments):
            return arguments[number + 1]
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
