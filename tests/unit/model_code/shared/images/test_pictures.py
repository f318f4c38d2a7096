from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from shared.images import pictures
from shared.images.pictures import NotAPictureError, read_picture
from tests.unit.model_code.uploads import encode, picture

EDGE = 16


def pixels(content: bytes) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_of_the_right_form_stays_byte_for_byte(kind: str) -> None:
    content = encode(picture(0, 0), kind)
    assert read_picture(content, edge=EDGE).encoded == content


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "I;16", "I"])
def test_every_colour_mode_becomes_rgb_png_of_the_wanted_size(mode: str) -> None:
    image = picture(1, 0, edge=40)
    if mode.startswith("I"):
        deep = np.asarray(image.convert("L")).astype(np.uint16) * 256
        image = Image.fromarray(deep if mode == "I;16" else deep.astype(np.int32))
    else:
        image = image.convert(mode)
    made = read_picture(encode(image, "TIFF" if mode in ("CMYK", "I") else "PNG"), edge=EDGE)
    assert made.suffix == ".png"
    assert pixels(made.encoded).shape == (EDGE, EDGE, 3)
    assert pixels(made.encoded).std() > 20


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP", "TIFF"])
def test_other_formats_become_png(kind: str) -> None:
    made = read_picture(encode(picture(2, 0), kind), edge=EDGE)
    assert made.encoded.startswith(b"\x89PNG")


def test_one_picture_in_two_file_formats_has_one_fingerprint() -> None:
    image = picture(0, 5)
    marks = {read_picture(encode(image, kind), edge=EDGE).fingerprint for kind in ("PNG", "BMP")}
    assert len(marks) == 1


def test_pictures_that_differ_in_one_pixel_have_two_fingerprints() -> None:
    image = picture(0, 5)
    before = read_picture(encode(image), edge=EDGE).fingerprint
    image.putpixel((3, 3), (1, 2, 3))
    assert read_picture(encode(image), edge=EDGE).fingerprint != before


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"file,label\n1.png,cat\n", "not a picture; BMP, GIF, JPEG, PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (encode(picture(0, 0))[:300], "damaged"),
        (encode(picture(0, 0, edge=64), "JPEG")[:-400], "damaged"),
        (encode(picture(0, 0))[:100] + b"\xff" * 50 + encode(picture(0, 0))[150:], "damaged"),
    ],
)
def test_what_is_no_whole_picture_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(NotAPictureError, match=reason):
        read_picture(content, edge=EDGE)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 100)
    with pytest.raises(NotAPictureError, match="16x16 pixels; at most 100 are read"):
        read_picture(encode(picture(0, 0)), edge=EDGE)
