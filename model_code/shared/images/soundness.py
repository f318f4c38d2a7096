"""Judges whether what is left of a dataset can be trained on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from contracts.manifest import Manifest
from shared.faults import RefusedError
from shared.images.screening import class_of, is_folder_marker
from shared.images.splitting import Labelled

_EXAMPLES = 3


def check(
    manifest: Manifest,
    pictures: Sequence[Labelled],
    reasons: Sequence[str],
    *,
    files: int,
    min_images_per_class: int,
    max_bad_fraction: float,
) -> None:
    """Raises RefusedError with every reason for which `pictures` is not enough.

    Args:
        pictures: the good ones.
        reasons: one line for each file in quarantine.
        files: how many there were, good and bad.
        min_images_per_class: different pictures that each class needs.
        max_bad_fraction: of the files.
    """
    found = _bad_files(reasons, files, max_bad_fraction)
    found += _classes(manifest, pictures, min_images_per_class)
    if found:
        raise RefusedError(
            f"the upload s3://{manifest.bucket}/{manifest.prefix} cannot be trained on. Put it "
            "right and upload again, that starts a new run:",
            found,
        )


def _bad_files(reasons: Sequence[str], files: int, max_bad_fraction: float) -> list[str]:
    if not files:
        return ["it holds no file; expected pictures, one folder a class"]
    if len(reasons) <= max_bad_fraction * files:
        return []
    examples = "; ".join(reasons[:_EXAMPLES])
    return [
        f"{len(reasons)} of {files} files cannot be used, allowed are {max_bad_fraction:.0%} "
        f"(max_bad_fraction). All are in quarantine with their reasons; the first: {examples}"
    ]


def _classes(manifest: Manifest, pictures: Sequence[Labelled], least: int) -> list[str]:
    different: defaultdict[str, set[bytes]] = defaultdict(set)
    for item in manifest.objects:
        label = class_of(item.key, manifest.prefix)
        # A class whose files are all bad must be missed, not vanish.
        if label is not None and not is_folder_marker(item):
            different[label] = set()
    for picture in pictures:
        different[picture.label].add(picture.fingerprint)
    found = []
    if len(different) < 2:
        names = ", ".join(repr(name) for name in different) or "none"
        found.append(f"it holds the class folders {names}; a classifier needs 2 or more")
    found += [
        f"class {label!r} has {len(marks)} different good pictures, {least} are needed "
        "(min_images_per_class)"
        for label, marks in sorted(different.items())
        if len(marks) < least
    ]
    return found
