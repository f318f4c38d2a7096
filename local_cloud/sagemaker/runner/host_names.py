"""Gives a process an /etc/hosts of its own, in the namespace that :mod:`isolation` gives it.

Where there are no namespaces (method ``rewrite``) it keeps the machine's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from local_cloud.sagemaker.runner import isolation

HOSTS = "/etc/hosts"


def knowing(names: Path | None, argv: Sequence[str]) -> list[str]:
    """What to isolate, so that ``argv`` runs with the file ``names`` as /etc/hosts."""
    if names is None or not isolation.method().startswith("unshare"):
        return list(argv)
    return ["sh", "-c", f'mount --bind "$0" {HOSTS} && exec "$@"', str(names), *argv]


def shown(names: Path | None, command: isolation.Command) -> isolation.Command:
    """The isolated command, for bubblewrap, inside which nothing can be mounted."""
    if names is None or isolation.method() != "bubblewrap":
        return command
    end = command.argv.index("--")
    argv = [*command.argv[:end], "--ro-bind", str(names), HOSTS, *command.argv[end:]]
    return isolation.Command(argv, command.environment)
