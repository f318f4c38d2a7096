"""Judges whether what is left of a dataset can be trained on."""

from __future__ import annotations

from shared.faults import RefusedError
from shared.images.index import Index
from shared.images.splitting import SPLITS, TEST, TRAIN, VALIDATION
from shared.manifest_stream import ManifestHead

_EXAMPLES = 3
_USES = {TRAIN: "to train on", VALIDATION: "to tune by", TEST: "to test with"}


def check(
    manifest: ManifestHead,
    index: Index,
    *,
    min_images_per_class: int,
    max_bad_fraction: float,
    max_imbalance: float,
) -> None:
    """Raises RefusedError with every reason for which the good pictures are not enough.

    Args:
        min_images_per_class: different pictures that each class needs.
        max_bad_fraction: of the files.
        max_imbalance: different pictures of the largest class for each of the smallest; 0: any.
    """
    different = different_pictures(index)
    found = _bad_files(index, max_bad_fraction)
    found += _classes(different, min_images_per_class)
    found += _balance(different, max_imbalance)
    if found:
        raise _refused(manifest, found)


def check_splits(manifest: ManifestHead, index: Index) -> None:
    """Raises RefusedError where a split is empty."""
    filled = {name for (name,) in index.rows("SELECT DISTINCT split FROM pictures")}
    found = [
        f"no picture is left {_USES[name]}: give a class three different pictures or more"
        for name in SPLITS
        if name not in filled
    ]
    if found:
        raise _refused(manifest, found)


def different_pictures(index: Index) -> dict[str, int]:
    """How many different good pictures each class has, by label; 0 where all are bad."""
    # A class whose files are all bad must be missed, not vanish.
    good = index.counts(
        "SELECT label, COUNT(DISTINCT fingerprint) FROM files WHERE state = 'good' GROUP BY label"
    )
    return {label: good.get(label, 0) for label in index.classes()}


def _refused(manifest: ManifestHead, faults: list[str]) -> RefusedError:
    return RefusedError(
        f"the upload s3://{manifest.bucket}/{manifest.prefix} cannot be trained on. Put it "
        "right and upload again, that starts a new run:",
        faults,
    )


def _bad_files(index: Index, max_bad_fraction: float) -> list[str]:
    files = index.value("SELECT COUNT(*) FROM files")
    bad = index.value("SELECT COUNT(*) FROM files WHERE state = 'bad'")
    if not files:
        return ["it holds no file; expected pictures, one folder a class"]
    if bad <= max_bad_fraction * files:
        return []
    examples = index.rows(
        "SELECT key, reason FROM files WHERE state = 'bad' ORDER BY key LIMIT ?", _EXAMPLES
    )
    shown = "; ".join(f"{key}: {reason}" for key, reason in examples)
    return [
        f"{bad} of {files} files cannot be used, allowed are {max_bad_fraction:.0%} "
        f"(max_bad_fraction). All are in quarantine with their reasons; the first: {shown}"
    ]


def _classes(different: dict[str, int], least: int) -> list[str]:
    found = []
    if len(different) < 2:
        names = ", ".join(repr(name) for name in different) or "none"
        found.append(f"it holds the classes {names}; a classifier needs 2 or more")
    found += [
        f"class {label!r} has {count} different good pictures, {least} are needed "
        "(min_images_per_class)"
        for label, count in different.items()
        if count < least
    ]
    return found


def _balance(different: dict[str, int], max_imbalance: float) -> list[str]:
    if not max_imbalance or len(different) < 2 or not min(different.values()):
        return []
    smallest, largest = (pick(different, key=different.__getitem__) for pick in (min, max))
    ratio = different[largest] / different[smallest]
    if ratio <= max_imbalance:
        return []
    return [
        f"class {largest!r} has {different[largest]} different good pictures and class "
        f"{smallest!r} {different[smallest]}, {ratio:.1f} for each; allowed are "
        f"{max_imbalance:g} (max_imbalance)"
    ]
