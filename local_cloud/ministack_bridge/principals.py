"""Who asks, as conditions of policies see it."""

from __future__ import annotations

import functools
from typing import Any

_SESSION = ":assumed-role/"


def name_roles_of_sessions() -> None:
    """Let ``aws:PrincipalArn`` be the role's ARN for a role that was assumed, as on AWS.

    MiniStack takes the session's ARN, which no policy can name beforehand (IAM User Guide, "AWS
    global condition context keys", aws:PrincipalArn).
    """
    from ministack.core import iam_evaluator

    resolve = iam_evaluator._resolve_condition_key

    @functools.wraps(resolve)
    def resolve_or_role(key: str, context: Any) -> Any:
        found = resolve(key, context)
        if key.lower() == "aws:principalarn" and _SESSION in str(found):
            return role_of_session(str(found))
        return found

    setattr(iam_evaluator, "_resolve_condition_key", resolve_or_role)  # noqa: B010


def role_of_session(arn: str) -> str:
    """The ARN of the role that a session's ARN names, which leaves the role's path out."""
    from ministack.services import iam

    beginning, _, session = arn.partition(_SESSION)
    name = session.partition("/")[0]
    role = iam._roles.get(name)
    if role is not None and "Arn" in role:
        return str(role["Arn"])
    return f"{beginning.replace(':sts:', ':iam:')}:role/{name}"
