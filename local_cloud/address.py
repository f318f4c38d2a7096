"""The port that a state was written under.

Queue URLs hold the server's address, and state machines, functions and stack outputs hold queue
URLs. So a local cloud keeps its port, and where another program has it meanwhile, the address in
its state is changed to the new one.
"""

from __future__ import annotations

from local_cloud.settings import LocalCloudSettings


def remembered_port(settings: LocalCloudSettings) -> int | None:
    """The port that the state was last served under; None for a new state."""
    try:
        return int(settings.port_file.read_text())
    except (FileNotFoundError, ValueError):
        return None


def move_state(settings: LocalCloudSettings) -> None:
    """Make the state one of this port. Must run while no server uses it."""
    before = remembered_port(settings)
    if before not in (None, settings.port):
        old, new = f"localhost:{before}", f"localhost:{settings.port}"
        for file in sorted(settings.ministack_dir.glob("*.json")):
            text = file.read_text(encoding="utf-8")
            if old in text:
                part = file.with_suffix(".part")
                part.write_text(text.replace(old, new), encoding="utf-8")
                part.replace(file)
    settings.port_file.write_text(str(settings.port))
