"""The media types that the toolkit knows."""

JSON = "application/json"
CSV = "text/csv"
OCTET_STREAM = "application/octet-stream"
ANY = "*/*"
NPY = "application/x-npy"
UTF8_TYPES = [JSON, CSV]
"""Bodies of these reach ``input_fn`` as text, all others as a bytearray."""
