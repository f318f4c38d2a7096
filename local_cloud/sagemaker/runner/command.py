"""What the isolation of a process works with, and what it does where there are no namespaces."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Method = Literal["bubblewrap", "unshare", "unshare-user", "rewrite"]

ML = "/opt/ml"


@dataclass(frozen=True)
class Command:
    """What to start."""

    argv: list[str]
    environment: dict[str, str]


def rewrite(
    argv: Sequence[str], environment: Mapping[str, str], places: Mapping[str, str]
) -> Command:
    """The command with a container's paths replaced by those of this machine.

    ``places`` gives for each path in the container, /opt/ml among them, the one here.
    """
    longest_first = sorted(places, key=len, reverse=True)
    # Neither /opt/mlflow nor /srv/opt/ml is meant by /opt/ml.
    names = "|".join(re.escape(path) for path in longest_first)
    expression = re.compile(rf"(?<![\w.-])(?:{names})(?![\w.-])")

    def here(text: str) -> str:
        return expression.sub(lambda match: places[match.group()], text)

    rewritten = {name: here(value) for name, value in environment.items()}
    rewritten["SAGEMAKER_BASE_DIR"] = places[ML]
    return Command([here(word) for word in argv], rewritten)
