"""Looks at every file of a dataset: good pictures to the spool, the others to quarantine."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from contracts.manifest import Manifest, ManifestObject
from shared.faults import RefusedError
from shared.images.pictures import NotAPictureError, read_picture
from shared.images.splitting import Labelled, conflicting
from shared.objects import ObjectError, in_order
from shared.quarantine import Quarantine
from shared.spool import Slot, Spool

ReadObject = Callable[[ManifestObject], bytes]

_UNREADABLE_SHOWN = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Screened:
    """A good picture and where its prepared bytes are."""

    picture: Labelled
    slot: Slot
    suffix: str


@dataclass(frozen=True, slots=True)
class _Rejected:
    key: str
    slot: Slot
    reason: str


@dataclass(frozen=True, slots=True)
class _Unreadable:
    reason: str


def class_of(key: str, prefix: str) -> str | None:
    """The first folder below the prefix; None for a file that lies in none.

    Letters are composed (Unicode NFC): macOS writes them decomposed, and one class must not
    become two that look the same.
    """
    folder, slash, _ = key.removeprefix(prefix).lstrip("/").partition("/")
    return unicodedata.normalize("NFC", folder) if slash else None


def is_folder_marker(item: ManifestObject) -> bool:
    """The empty object with which the S3 console shows an empty folder."""
    return item.key.endswith("/") and item.size == 0


def screen(
    manifest: Manifest,
    read: ReadObject,
    *,
    edge: int,
    threads: int,
    spool: Spool,
    quarantine: Quarantine,
) -> list[Screened]:
    """The good pictures, sorted by key; all other files are in quarantine afterwards.

    Raises:
        RefusedError: objects that the manifest names cannot be read.
    """

    def look(item: ManifestObject) -> Screened | _Rejected | _Unreadable:
        try:
            content = read(item)
        except ObjectError as error:
            return _Unreadable(str(error))
        label = class_of(item.key, manifest.prefix)
        try:
            if label is None:
                raise NotAPictureError(
                    f"lies directly under {manifest.prefix}; put it into a folder named as its "
                    "class"
                )
            picture = read_picture(content, edge=edge)
        except NotAPictureError as error:
            return _Rejected(item.key, spool.put(content), str(error))
        return Screened(
            picture=Labelled(key=item.key, label=label, fingerprint=picture.fingerprint),
            slot=spool.put(picture.encoded),
            suffix=picture.suffix,
        )

    items = [item for item in manifest.objects if not is_folder_marker(item)]
    good: list[Screened] = []
    unreadable: list[str] = []
    for seen in in_order(look, items, threads=threads):
        match seen:
            case Screened():
                good.append(seen)
            case _Rejected(key, slot, reason):
                quarantine.add(key, spool.get(slot), reason)
            case _Unreadable(reason):
                unreadable.append(reason)
                if len(unreadable) >= _UNREADABLE_SHOWN:
                    break
    if unreadable:
        raise RefusedError(
            "objects of the manifest cannot be read; upload them again, or let the job's role "
            "read them:",
            unreadable,
        )
    return _without_conflicts(good, spool, quarantine)


def _without_conflicts(
    good: list[Screened], spool: Spool, quarantine: Quarantine
) -> list[Screened]:
    """Only a person can say which of two classes a picture in both shows."""
    conflicts = conflicting(item.picture for item in good)
    for item in good:
        labels = conflicts.get(item.picture.fingerprint)
        if labels:
            quarantine.add(
                item.picture.key,
                spool.get(item.slot),
                f"the same picture stands in the classes {', '.join(labels)}; keep it in one",
            )
    return [item for item in good if item.picture.fingerprint not in conflicts]
