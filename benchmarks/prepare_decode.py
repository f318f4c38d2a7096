"""Prints how fast pictures are decoded and resized in threads, against processes.

    python -m benchmarks.prepare_decode [N]

Both take the same N JPEG pictures of 500x375 pixels (400 unless told) to 224x224, with as many
workers as there are cores, in turn so that neither has the quieter machine. The peer is
`ProcessPoolExecutor`; preparation uses threads, since Pillow lets go of the interpreter's lock
while it decodes, resizes and encodes, and pictures need not be copied between processes.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
SIZE = (500, 375)
EDGE = 224
ROUNDS = 3


def pictures(count: int) -> list[bytes]:
    """JPEG pictures with the noise of photographs."""
    made = []
    for number in range(count):
        noise = np.random.default_rng(number).normal(128, 40, (SIZE[1] // 4, SIZE[0] // 4, 3))
        image = Image.fromarray(noise.clip(0, 255).astype(np.uint8)).resize(SIZE)
        buffer = io.BytesIO()
        image.save(buffer, format="JPEG", quality=90)
        made.append(buffer.getvalue())
    return made


def prepare_one(content: bytes) -> bytes:
    """What preparation does with each picture."""
    if str(ROOT / "model_code") not in sys.path:
        sys.path[:0] = [str(ROOT), str(ROOT / "model_code")]
    from shared.images.pictures import read_picture

    return read_picture(content, edge=EDGE).encoded


def seconds(pool: Executor, contents: list[bytes]) -> float:
    """How long a started pool takes for all of them."""
    list(pool.map(prepare_one, contents[:8]))
    started = time.perf_counter()
    list(pool.map(prepare_one, contents, chunksize=8))
    return time.perf_counter() - started


def main() -> int:
    """Print the rates and their ratio."""
    contents = pictures(int(sys.argv[1]) if sys.argv[1:] else 400)
    workers = os.cpu_count() or 1
    rates: dict[str, list[float]] = {"threads": [], "processes": []}
    with ThreadPoolExecutor(workers) as threads, ProcessPoolExecutor(workers) as processes:
        for _ in range(ROUNDS):
            rates["threads"].append(len(contents) / seconds(threads, contents))
            rates["processes"].append(len(contents) / seconds(processes, contents))
    middle = {name: statistics.median(found) for name, found in rates.items()}
    for name, rate in middle.items():
        print(f"{name:>9}: {rate:6.0f} pictures a second with {workers} workers")
    print(f"threads do {middle['threads'] / middle['processes']:.2f} times what processes do")
    return 0


if __name__ == "__main__":
    sys.exit(main())
