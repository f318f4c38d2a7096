"""The outputs of an environment's CloudFormation stacks."""

from __future__ import annotations

from typing import Any

from demo.errors import DemoError


def read_outputs(cloudformation: Any, *, stack_prefix: str) -> dict[str, str]:
    """Output key -> value over all stacks whose name begins with ``stack_prefix``."""
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    stacks = [stack for page in pages for stack in page["Stacks"]]
    return {
        output["OutputKey"]: output["OutputValue"]
        for stack in stacks
        if stack["StackName"].startswith(stack_prefix)
        for output in stack.get("Outputs", [])
    }


def output(outputs: dict[str, str], key: str) -> str:
    """Raises DemoError naming the outputs that there are."""
    if key not in outputs:
        raise DemoError(
            f"the stacks have no output `{key}`; they have {', '.join(sorted(outputs)) or 'none'}. "
            "Was the deployment complete? `make destroy demo` starts afresh."
        )
    return outputs[key]
