"""Write the snapshots anew: `python -m tests.synth.update_snapshots`, then read the diff."""

from __future__ import annotations

from pathlib import Path

from tests.synth.templates import every_template, snapshot

SNAPSHOTS = Path(__file__).resolve().parent / "snapshots"


def snapshot_file(environment: str, stack: str) -> Path:
    """`snapshots/<environment>/<word>.yaml`."""
    return SNAPSHOTS / environment / f"{stack.rsplit('-', 1)[-1]}.yaml"


def main() -> None:
    """Write each template's snapshot and remove those of stacks that are gone."""
    written = set()
    for environment, stack, template in every_template():
        path = snapshot_file(environment, stack)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(snapshot(template))
        written.add(path)
    for path in set(SNAPSHOTS.rglob("*.yaml")) - written:
        path.unlink()
    print(f"{len(written)} snapshots in {SNAPSHOTS}")


if __name__ == "__main__":
    main()
