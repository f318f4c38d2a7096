"""Print docs/local-sagemaker-api.md, or with ``--write`` write it."""

from __future__ import annotations

import sys
from pathlib import Path

from local_cloud.sagemaker.treatment.document import page
from local_cloud.sagemaker.treatment.enforcement import DOCS_PAGE

ROOT = Path(__file__).resolve().parents[3]


def main(arguments: list[str]) -> int:
    if arguments == ["--write"]:
        (ROOT / DOCS_PAGE).write_text(page(), encoding="utf-8")
        return 0
    if arguments:
        print(f"usage: {Path(sys.executable).name} -m {__package__} [--write]", file=sys.stderr)
        return 2
    sys.stdout.write(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
