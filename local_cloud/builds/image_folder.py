"""A container image as a folder: its files, its configuration, and the manifest that names it.

    <folder>/root/          what the Dockerfile put into the image, at its paths
    <folder>/config.json    :class:`ImageConfig`
    <folder>/manifest.json  as a registry keeps it; its SHA-256 is the image's digest

The digest follows from the files' paths, modes and contents and from the configuration alone, so
the same Dockerfile over the same files gives the same image.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
import tarfile
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar"
ROOT = "root"


@dataclass(kw_only=True)
class ImageConfig:
    """``base`` is the image that the first FROM names: an entry of images.toml where it is one
    of AWS's, else this machine's Python. ``path`` holds the folders that ENV put before the
    base's own PATH. ``packages`` are requirements as pip writes them."""

    base: str
    environment: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    workdir: str = ""
    entrypoint: list[str] | None = None
    command: list[str] | None = None
    labels: dict[str, str] = field(default_factory=dict)
    packages: list[str] = field(default_factory=list)

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def from_json(text: str) -> ImageConfig:
        known = {one.name for one in fields(ImageConfig)}
        values = json.loads(text)
        return ImageConfig(**{name: value for name, value in values.items() if name in known})


def write(folder: Path, config: ImageConfig) -> str:
    """Make the folder an image, whose ``root`` is there already; answers its digest."""
    (folder / ROOT).mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(config.as_json(), encoding="utf-8")
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _blob(CONFIG_TYPE, config.as_json().encode()),
            "layers": [_layer(folder / ROOT)],
        },
        indent=2,
    )
    (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    return digest_of(manifest)


def read(folder: Path) -> ImageConfig:
    return ImageConfig.from_json((folder / "config.json").read_text(encoding="utf-8"))


def manifest(folder: Path) -> str:
    return (folder / "manifest.json").read_text(encoding="utf-8")


def digest_of(manifest_text: str) -> str:
    return "sha256:" + hashlib.sha256(manifest_text.encode()).hexdigest()


def place(images_dir: Path, digest: str) -> Path:
    """Where the image of a digest lies among a local cloud's images."""
    return images_dir / digest.removeprefix("sha256:")


def keep(folder: Path, images_dir: Path) -> Path:
    """Copy an image among a local cloud's images; whole or not there, whenever this is killed."""
    target = place(images_dir, digest_of(manifest(folder)))
    if target.is_dir():
        return target
    images_dir.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(folder, partial, symlinks=True)
    partial.rename(target)
    return target


def _blob(media_type: str, content: bytes) -> dict[str, Any]:
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    return {"mediaType": media_type, "size": len(content), "digest": digest}


class _Digest:
    """What a tar is written to, to have its digest and size only."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.size += len(data)
        return len(data)


def _layer(root: Path) -> dict[str, Any]:
    written: Any = _Digest()
    with tarfile.open(fileobj=written, mode="w|") as tar:
        for path in sorted(root.rglob("*"), key=lambda one: one.relative_to(root).as_posix()):
            entry = tar.gettarinfo(path, arcname=path.relative_to(root).as_posix())
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = 0
            # Only the bit that says whether a file can be run is the image's own: the others
            # depend on who builds.
            runs = bool(entry.mode & stat.S_IXUSR)
            entry.mode = 0o755 if runs or entry.isdir() else 0o644
            if entry.islnk():
                entry.type = tarfile.REGTYPE
                entry.size = path.stat().st_size
            if entry.isreg():
                with path.open("rb") as file:
                    tar.addfile(entry, file)
            else:
                tar.addfile(entry)
    return {
        "mediaType": LAYER_TYPE,
        "size": written.size,
        "digest": f"sha256:{written.hash.hexdigest()}",
    }


def layer_digest(folder: Path) -> str:
    """The digest of the image's one layer."""
    digest: str = json.loads(manifest(folder))["layers"][0]["digest"]
    return digest
