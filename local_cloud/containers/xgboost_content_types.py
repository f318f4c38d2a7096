"""Content types that the built-in XGBoost knows, for channels and for requests."""

from __future__ import annotations

from email.message import Message

CSV, LIBSVM = "csv", "libsvm"
KNOWN = (
    "csv",
    "libsvm",
    "parquet",
    "recordio-protobuf",
    "text/csv",
    "text/libsvm",
    "text/x-libsvm",
    "application/x-parquet",
    "application/x-recordio-protobuf",
)


class ContentTypeError(Exception):
    """No such content type, or not one that this stand-in reads."""


def parse(content_type: str | None) -> str:
    """``CSV`` or ``LIBSVM``; without a content type the data is libsvm, as in the container."""
    if not content_type:
        return LIBSVM
    message = Message()
    message["content-type"] = content_type.lower()
    kind = message["content-type"].split(";")[0].strip()
    if kind in ("csv", "text/csv"):
        if message.get_param("label_size", "1") != "1":
            raise ContentTypeError(
                f"{content_type} is not an accepted csv ContentType. Optional parameter "
                "label_size must be equal to 1"
            )
        return CSV
    if kind in ("libsvm", "text/libsvm", "text/x-libsvm"):
        return LIBSVM
    if kind in KNOWN:
        raise ContentTypeError(
            f"{content_type}: the local cloud's stand-in for XGBoost reads text/csv and "
            "text/libsvm; Parquet and RecordIO are read by AWS's image alone."
        )
    raise ContentTypeError(f"{content_type} is not an accepted ContentType: {', '.join(KNOWN)}.")
