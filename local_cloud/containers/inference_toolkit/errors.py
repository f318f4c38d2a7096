"""The toolkit's exceptions; what a model's code raises of them becomes the answer's status."""

from __future__ import annotations


class UnsupportedFormatError(Exception):
    """Neither the model's code nor the defaults read or write this media type."""

    def __init__(self, content_type: object) -> None:
        super().__init__(
            f"Content type {content_type} is not supported by this framework.\n\n"
            "Please implement input_fn to to deserialize the request data or an output_fn to\n"
            "serialize the response. For more information, see the SageMaker Python SDK README."
        )


class BaseInferenceToolkitError(Exception):
    """``status_code`` is the answer's HTTP status, ``message`` the head of its body."""

    def __init__(self, status_code: int, message: str, phrase: str) -> None:
        self.status_code = status_code
        self.message = message
        self.phrase = phrase
        super().__init__(status_code, message, phrase)


class GenericInferenceToolkitError(BaseInferenceToolkitError):
    """Any other fault."""

    def __init__(
        self, status_code: int, message: str | None = None, phrase: str | None = None
    ) -> None:
        said = message or "Invalid Request"
        super().__init__(status_code, said, phrase or said)
