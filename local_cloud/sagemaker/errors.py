"""Errors by the codes that SageMaker's API has of its own."""

from __future__ import annotations

from local_cloud.json_api.errors import ApiError


class ResourceNotFound(ApiError):
    def __init__(self, message: str) -> None:
        super().__init__("ResourceNotFound", message)


class ResourceInUse(ApiError):
    def __init__(self, message: str) -> None:
        super().__init__("ResourceInUse", message)


class ConflictException(ApiError):
    def __init__(self, message: str) -> None:
        super().__init__("ConflictException", message)
