"""Checks that a file is a picture, and brings it to the form that training reads."""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from collections.abc import Set
from dataclasses import dataclass
from typing import NamedTuple

from PIL import Image, ImageStat, UnidentifiedImageError

from shared.images.shards import suffix_of

MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 100_000_000
KEPT_FORMATS = frozenset({"PNG", "JPEG"})
FORMATS = ("bmp", "gif", "jpeg", "png", "ppm", "tiff", "webp")
"""What Pillow is let near: its rarer readers are seldom used and often attacked."""
_READ_FORMATS = tuple(name.upper() for name in FORMATS)


class NotAPictureError(Exception):
    """A file that training cannot use; the text is the reason, for people.

    Attributes:
        kind: the reason's short name, by which a report counts.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Box(NamedTuple):
    """A part of a picture, in pixels from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


class Looks(NamedTuple):
    """Figures of a picture for the baseline that drift is measured by.

    Width and height are those of the file, before anything was cut or resized; mean and mean
    square of each channel (0..255) are those of the prepared pixels.
    """

    width: int
    height: int
    form: str
    mode: str
    red: float
    green: float
    blue: float
    red_square: float
    green_square: float
    blue_square: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the wanted size in RGB.

    Attributes:
        encoded: PNG or JPEG.
        fingerprint: SHA-256 of the pixels, 32 bytes: the same picture under another name or in
            another file format has the same.
    """

    encoded: bytes
    fingerprint: bytes
    looks: Looks

    @property
    def suffix(self) -> str:
        return suffix_of(self.encoded)


def read_picture(
    content: bytes,
    *,
    edge: int,
    formats: Set[str] = frozenset(FORMATS),
    min_edge: int = 1,
    box: Box | None = None,
) -> Picture:
    """Decode, check and bring to ``edge`` x ``edge`` pixels, RGB.

    A PNG or JPEG that has this form already is kept byte for byte; all others become PNG.
    Resizing is bilinear with antialiasing, the aspect is not kept and orientation tags are not
    obeyed: the served model does the same to what it is asked.

    Args:
        formats: those of `FORMATS` that are taken.
        min_edge: pixels that the shorter edge has at least.
        box: what is kept of the picture.

    Raises:
        NotAPictureError: not a picture, a damaged one, too large or small a one, or of another
            format.
    """
    if not content:
        raise NotAPictureError("empty", "the file is empty")
    if len(content) > MAX_BYTES:
        raise NotAPictureError("too large", f"{len(content)} bytes; at most {MAX_BYTES} are read")
    try:
        image = _decode(content)
    except UnidentifiedImageError as error:
        allowed = ", ".join(name.upper() for name in FORMATS if name in formats)
        raise NotAPictureError("not a picture", f"not a picture; {allowed} are read") from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise NotAPictureError("damaged", f"a damaged picture: {error}") from error
    # Pillow tells a JPEG with several pictures in it apart.
    form = {"MPO": "jpeg"}.get(image.format or "", (image.format or "").lower())
    if form not in formats:
        allowed = ", ".join(sorted(formats))
        raise NotAPictureError("format", f"a picture of the format {form}; allowed are {allowed}")
    if min(image.size) < min_edge:
        width, height = image.size
        told = f"{width}x{height} pixels; the shorter edge must have {min_edge} (min_edge)"
        raise NotAPictureError("too small", told)
    return _normalised(image, content, edge, form, box)


def _decode(content: bytes) -> Image.Image:
    with warnings.catch_warnings():
        # Pillow warns of what it repairs or half reads; here that is a damaged file.
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(content), formats=_READ_FORMATS) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                raise ValueError(f"{width}x{height} pixels; at most {MAX_PIXELS} are read")
            opened.verify()
        # verify() leaves the file unusable, and finds broken checksums but not cut-off pixels.
        image = Image.open(io.BytesIO(content), formats=_READ_FORMATS)
        image.load()
    return image


def _normalised(
    image: Image.Image, content: bytes, edge: int, form: str, box: Box | None
) -> Picture:
    cut = None if box is None else _corners(box, image.size)
    fits = image.size == (edge, edge) and image.mode == "RGB" and cut is None
    pixels = image
    if image.mode.startswith(("I", "F")):
        pixels = _eight_bits(image)
    if cut is not None:
        pixels = pixels.crop(cut)
    if not fits:
        pixels = pixels.convert("RGB")
    if pixels.size != (edge, edge):
        pixels = pixels.resize((edge, edge), Image.Resampling.BILINEAR)
    if fits and image.format in KEPT_FORMATS:
        encoded = content
    else:
        buffer = io.BytesIO()
        pixels.save(buffer, format="PNG")
        encoded = buffer.getvalue()
    statistics = ImageStat.Stat(pixels)
    squares = [total / edge**2 for total in statistics.sum2]
    looks = Looks(*image.size, form, image.mode, *statistics.mean, *squares)
    return Picture(encoded, hashlib.sha256(pixels.tobytes()).digest(), looks)


def _corners(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The box in whole pixels within the picture; None where it is all of it."""
    width, height = size
    left, top = max(0, math.floor(box.left)), max(0, math.floor(box.top))
    right = min(width, math.ceil(box.left + box.width))
    bottom = min(height, math.ceil(box.top + box.height))
    if right <= left or bottom <= top:
        told = f"its bounding box {tuple(box)} lies outside its {width}x{height} pixels"
        raise NotAPictureError("bounding box", told)
    corners = (left, top, right, bottom)
    return None if corners == (0, 0, width, height) else corners


def _eight_bits(image: Image.Image) -> Image.Image:
    """16 bits a pixel to 8 by their upper half, as TensorFlow decodes them."""
    if image.mode == "F":
        return image.convert("L")
    return image.point(lambda value: value / 256).convert("L")
