"""COPY: which files of a build's context (or of a stage) go where in an image."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from local_cloud.builds.errors import BuildError

Excluded = Callable[[str], bool]


def nothing_excluded(_path: str) -> bool:
    return False


def dockerignore(context: Path, dockerfile: Path) -> Excluded:
    """What ``.dockerignore`` leaves out of the context, by paths relative to it."""
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    file = own if own.is_file() else context / ".dockerignore"
    if not file.is_file():
        return nothing_excluded
    rules = []
    for line in file.read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#"):
            negated = pattern.startswith("!")
            text = pattern.removeprefix("!").strip().strip("/").removeprefix("./")
            rules.append((_pattern(text), not negated))

    def excluded(path: str) -> bool:
        verdict = False
        for expression, excludes in rules:
            if expression.fullmatch(path):
                verdict = excludes
        return verdict

    return excluded


def _pattern(text: str) -> re.Pattern[str]:
    """As Go's filepath.Match with ``**``; what lies below a match matches too."""
    parts = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    tokens = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", text)
    return re.compile("".join(parts.get(one, re.escape(one)) for one in tokens) + "(?:/.*)?")


def copy(
    sources: Sequence[str],
    source_root: Path,
    target: str,
    image_root: Path,
    *,
    mode: int | None = None,
    excluded: Excluded = nothing_excluded,
) -> None:
    """Copy into ``image_root``; ``target`` is absolute there. Raises BuildError."""
    found = [path for source in sources for path in _matches(source, source_root, excluded)]
    into_folder = target.endswith("/") or len(found) > 1
    place = inside(image_root, target)
    for path in found:
        if path.is_dir() and not path.is_symlink():
            _copy_folder(path, place, source_root, excluded, mode)
        else:
            folder = into_folder or place.is_dir()
            _copy_file(path, place / path.name if folder else place, mode)


def inside(root: Path, absolute: str) -> Path:
    """An image's path below its root folder."""
    parts: list[str] = []
    for part in PurePosixPath(absolute).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != "/":
            parts.append(part)
    return root.joinpath(*parts)


def _matches(source: str, root: Path, excluded: Excluded) -> list[Path]:
    relative = source.lstrip("/") or "."
    if ".." in PurePosixPath(relative).parts:
        raise BuildError(f"forbidden path outside the build context: {source}")
    wild = any(character in relative for character in "*?[")
    found = sorted(root.glob(relative)) if wild else [root / relative]
    kept = [
        path
        for path in found
        if (path.exists() or path.is_symlink()) and not excluded(_name(path, root))
    ]
    if not kept:
        raise BuildError(f"{source}: not found in the build context")
    return kept


def _copy_folder(
    folder: Path, target: Path, root: Path, excluded: Excluded, mode: int | None
) -> None:
    """A folder's contents, as Docker copies them."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            # Something below an excluded folder may be taken back in by a later rule.
            _copy_folder(path, target / path.name, root, excluded, mode)
        elif not excluded(_name(path, root)):
            _copy_file(path, target / path.name, mode)
    if excluded(_name(folder, root)) and not any(target.iterdir()):
        target.rmdir()


def _copy_file(path: Path, target: Path, mode: int | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        raise BuildError(f"cannot copy the file {path.name} over the folder /{target.name}")
    target.unlink(missing_ok=True)
    shutil.copy2(path, target, follow_symlinks=False)
    if mode is not None and not target.is_symlink():
        target.chmod(mode)


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
