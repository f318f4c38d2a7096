"""Checks that a file is a picture, and brings it to the form that training reads."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 100_000_000
KEPT_FORMATS = frozenset({"PNG", "JPEG"})
READ_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
"""What Pillow is let near: its rarer readers are seldom used and often attacked."""


class NotAPictureError(Exception):
    """A file that training cannot use; the text is the reason, for people."""


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

    @property
    def suffix(self) -> str:
        return ".png" if self.encoded.startswith(b"\x89PNG") else ".jpg"


def read_picture(content: bytes, *, edge: int) -> Picture:
    """Decode the whole file and resize it to `edge` x `edge` pixels.

    A PNG or JPEG that has that size and is RGB stays byte for byte; all else becomes PNG. The
    resizing is bilinear with antialiasing, the aspect is not kept and orientation tags are not
    obeyed: the served model does the same to what it is asked.

    Raises:
        NotAPictureError: not a picture, a damaged one, or too large a one.
    """
    if not content:
        raise NotAPictureError("the file is empty")
    if len(content) > MAX_BYTES:
        raise NotAPictureError(f"{len(content)} bytes; at most {MAX_BYTES} are read")
    try:
        image = _decode(content)
    except UnidentifiedImageError as error:
        allowed = ", ".join(READ_FORMATS)
        raise NotAPictureError(f"not a picture; {allowed} are read") from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise NotAPictureError(f"a damaged picture: {error}") from error
    return _normalised(image, content, edge)


def _decode(content: bytes) -> Image.Image:
    with warnings.catch_warnings():
        # Pillow warns of what it repairs or half reads; here that is a damaged file.
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(content), formats=READ_FORMATS) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                raise ValueError(f"{width}x{height} pixels; at most {MAX_PIXELS} are read")
            opened.verify()
        # verify() leaves the file unusable, and finds broken checksums but not cut-off pixels.
        image = Image.open(io.BytesIO(content), formats=READ_FORMATS)
        image.load()
    return image


def _normalised(image: Image.Image, content: bytes, edge: int) -> Picture:
    fits = image.size == (edge, edge) and image.mode == "RGB"
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    pixels = image if fits else image.convert("RGB")
    if pixels.size != (edge, edge):
        pixels = pixels.resize((edge, edge), Image.Resampling.BILINEAR)
    if fits and image.format in KEPT_FORMATS:
        encoded = content
    else:
        buffer = io.BytesIO()
        pixels.save(buffer, format="PNG")
        encoded = buffer.getvalue()
    return Picture(encoded, hashlib.sha256(pixels.tobytes()).digest())


def _eight_bits(image: Image.Image) -> Image.Image:
    """16 bits a pixel to 8 by their upper half, as TensorFlow decodes them."""
    if image.mode == "F":
        return image.convert("L")
    return image.point(lambda value: value / 256).convert("L")
