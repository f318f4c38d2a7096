"""The code that travels in a model's archive, for the container that serves it.

code/                inference.py, shared/serving, classes.json, model.json
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared import class_names, serving

FOLDER = "code"
FACTS = "model.json"


def write(
    model_dir: Path, *, inference: Path, classes: Sequence[str], facts: Mapping[str, Any]
) -> Path:
    """Write the folder `code` of a model's archive; answer it.

    Args:
        inference: the workload's inference.py; of ours it may import `shared.serving`.
        facts: about the model, for model.json; the classes are put beside them.
    """
    code = model_dir / FOLDER
    handlers = code / Path(*serving.__name__.split("."))
    handlers.mkdir(parents=True, exist_ok=True)
    (handlers.parent / "__init__.py").touch()
    for source in Path(serving.__file__).parent.glob("*.py"):
        shutil.copyfile(source, handlers / source.name)
    shutil.copyfile(inference, code / "inference.py")
    class_names.write(code, classes)
    described = {"schema_version": 1, "classes": list(classes), **facts}
    text = json.dumps(described, ensure_ascii=False, indent=2) + "\n"
    (code / FACTS).write_text(text, encoding="utf-8")
    return code
