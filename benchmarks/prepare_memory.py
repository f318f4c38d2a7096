"""Prints how the memory of `shared.images.prepare` grows with the number of pictures.

    python -m benchmarks.prepare_memory [N]

Prepares N pictures (5,000 unless told) and 10 N, each in a process of its own, from an S3 that
makes its pictures up as they are asked for, into tar files. The peer is the first run: a ratio
near 1 says that ten times the pictures take the same memory.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
EDGE = 8
CLASSES = 10


class MadeUpS3:
    """Answers each key with a small picture of its own."""

    def get_object(self, *, Key: str, **_: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": io.BytesIO(picture(Key))}


def picture(key: str) -> bytes:
    """A binary PPM of the same size for every key, whose pixels follow from the key."""
    import hashlib

    pixels = b"".join(
        hashlib.sha256(f"{key}{part}".encode()).digest() for part in range(3 * EDGE**2 // 32)
    )
    return f"P6 {EDGE} {EDGE} 255\n".encode() + pixels


def prepare_in_this_process(count: int, folder: Path) -> int:
    """Prepare `count` pictures; answer the process's highest memory in KiB."""
    sys.path[:0] = [str(ROOT), str(ROOT / "model_code")]
    from shared.images.options import read_arguments
    from shared.images.prepare import prepare

    _write_manifest(folder / "manifest", count)
    before = _peak()
    arguments = ["--manifest-dir", str(folder / "manifest"), "--output-dir", str(folder / "out")]
    arguments += ["--format", "tar", "--image-size", str(EDGE), "--threads", "4"]
    prepare(read_arguments(arguments), MadeUpS3())
    print(f"{before} {_peak()}")
    return 0


def _write_manifest(folder: Path, count: int) -> None:
    """Object by object: the manifest's own writer would count into what is measured."""
    folder.mkdir()
    size = len(picture(""))
    with (folder / "manifest.json").open("w") as stream:
        stream.write('{"bucket":"data","objects":[')
        for number in range(count):
            label = number * CLASSES // count
            key = f"up/{label}/{number:09d}.ppm"
            comma = "," if number else ""
            stream.write(
                f'{comma}{{"etag":"e","key":"{key}","size":{size},"version_id":"v{number}"}}'
            )
        stream.write('],"prefix":"up/","schema_version":1,"workload":"made-up"}')


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(count: int) -> tuple[int, int]:
    """Memory in KiB of a fresh process: before it prepares, and at its highest."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.prepare_memory", "--inside", str(count)]
        done = subprocess.run(
            [*command, folder], cwd=ROOT, check=True, capture_output=True, text=True
        )
    before, peak = done.stdout.splitlines()[-1].split()
    return int(before), int(peak)


def main() -> int:
    """Print both runs and their ratio."""
    if sys.argv[1:2] == ["--inside"]:
        return prepare_in_this_process(int(sys.argv[2]), Path(sys.argv[3]))
    count = int(sys.argv[1]) if sys.argv[1:] else 5_000
    peaks = []
    for pictures in (count, 10 * count):
        before, peak = measure(pictures)
        peaks.append(peak)
        print(f"{pictures:>9} pictures: {peak / 1024:6.1f} MiB at most, {before / 1024:.1f} before")
    print(f"10 times the pictures take {peaks[1] / peaks[0]:.2f} times the memory")
    return 0


if __name__ == "__main__":
    sys.exit(main())
