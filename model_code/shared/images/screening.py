"""Looks at every file of a dataset: good pictures to the spool, the others to quarantine."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass

from contracts.manifest import ManifestObject
from shared.faults import RefusedError
from shared.hosts import Hosts
from shared.images.index import Index
from shared.images.layouts import Layout, Place, ReadObject
from shared.images.pictures import FORMATS, Looks, NotAPictureError, read_picture
from shared.images.splitting import conflicts
from shared.manifest_stream import ManifestStream
from shared.manifests import is_folder_marker
from shared.objects import ObjectError, in_order
from shared.quarantine import Quarantine
from shared.spool import Slot, Spool

_UNREADABLE_SHOWN = 20
CONFLICT = "in several classes"


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """What a picture must be, and what it is made."""

    edge: int
    formats: Set[str] = frozenset(FORMATS)
    min_edge: int = 1


@dataclass(frozen=True, slots=True)
class _Good:
    key: str
    fingerprint: bytes
    slot: Slot
    looks: Looks


@dataclass(frozen=True, slots=True)
class _Rejected:
    key: str
    slot: Slot
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Unreadable:
    reason: str


def enter(manifest: ManifestStream, layout: Layout, index: Index, hosts: Hosts) -> int:
    """Put all files of a manifest into the index; answer how many the layout passes over."""
    passed_over = 0
    for item in manifest.objects():
        if is_folder_marker(item):
            continue
        place = layout.place(item.key)
        if place is None:
            passed_over += 1
        else:
            index.add(item, place, own=hosts.owns(item.key))
    for key, label in layout.missing():
        index.add_missing(key, label, "is listed and was not uploaded", own=hosts.owns(key))
    return passed_over


def screen(
    index: Index,
    read: ReadObject,
    requirements: Requirements,
    *,
    threads: int,
    spool: Spool,
    quarantine: Quarantine,
) -> None:
    """Look at this host's files; those that cannot be used are in quarantine afterwards.

    Raises:
        RefusedError: objects that the manifest names cannot be read.
    """
    unreadable: list[str] = []
    look = _looker(read, requirements, spool)
    for seen in in_order(look, index.waiting(), threads=threads):
        match seen:
            case _Good(key, fingerprint, slot, looks):
                index.accept(key, fingerprint, slot, looks)
            case _Rejected(key, slot, kind, reason):
                index.reject(key, kind, reason, quarantine.keep(key, spool.get(slot)))
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


def put_conflicts_aside(index: Index, read: ReadObject, quarantine: Quarantine) -> None:
    """Pictures that stand in several classes: only a person can say which of them they show.

    All hosts find the same, and each keeps its own files.
    """
    for mark, labels in conflicts(index):
        reason = f"the same picture stands in the classes {labels}; keep it in one"
        found = index.rows(
            "SELECT own, key, version_id, size, etag FROM files WHERE fingerprint = ?", mark
        )
        for own, key, version_id, size, etag in list(found):
            item = ManifestObject(key=key, version_id=version_id, size=size, etag=etag)
            kept = quarantine.keep(key, read(item)) if own else quarantine.place_of(key)
            index.reject(key, CONFLICT, reason, kept)


_Seen = _Good | _Rejected | _Unreadable


def _looker(
    read: ReadObject, requirements: Requirements, spool: Spool
) -> Callable[[tuple[ManifestObject, Place]], _Seen]:
    def look(given: tuple[ManifestObject, Place]) -> _Seen:
        item, place = given
        try:
            content = read(item)
        except ObjectError as error:
            return _Unreadable(str(error))
        try:
            if place.fault:
                raise NotAPictureError("no class", place.fault)
            picture = read_picture(
                content,
                edge=requirements.edge,
                formats=requirements.formats,
                min_edge=requirements.min_edge,
                box=place.box,
            )
        except NotAPictureError as error:
            return _Rejected(item.key, spool.put(content), error.kind, str(error))
        slot = spool.put(picture.encoded)
        return _Good(item.key, picture.fingerprint, slot, picture.looks)

    return look
