"""Brings what an instance needs: its models' files, its images, its servers, its logs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local_cloud.sagemaker.hosting import metrics, model_files
from local_cloud.sagemaker.hosting.image_server import server_of
from local_cloud.sagemaker.hosting.log_shipping import LogShipper, log_group
from local_cloud.sagemaker.hosting.multi_model import MultiModel, Surroundings
from local_cloud.sagemaker.hosting.plan import (
    DOWNLOAD_SECONDS,
    ModelData,
    MultiModelData,
    VariantPlan,
)
from local_cloud.sagemaker.hosting.processes import Place, Processes
from local_cloud.sagemaker.hosting.server import ModelServer, ServerError
from local_cloud.sagemaker.runner import images, isolation
from local_cloud.sagemaker.service import SageMakerService

_COUNTED = ("ModelCacheHit",)


class Maker:
    """For one instance; everything is fetched with the model's execution role."""

    def __init__(
        self,
        service: SageMakerService,
        endpoint: str,
        plan: VariantPlan,
        instance: str,
        places: Sequence[Place],
    ) -> None:
        self._service = service
        self._endpoint = endpoint
        self._plan = plan
        self._instance = instance
        self._places = places
        self.granted: list[dict[str, str]] = []
        """By which the servers call AWS, to be revoked at the instance's end."""

    def logs(self) -> list[LogShipper]:
        """What brings each container's log, empty so far, to CloudWatch Logs."""
        group = log_group(self._endpoint)
        stream = f"{self._plan['variant']}/{self._instance}"
        shippers = []
        for place in self._places:
            place.folder.mkdir(parents=True, exist_ok=True)
            place.log.touch()
            named = f"{stream}/{place.name}" if place.several else stream
            shippers.append(LogShipper(place.log, group, named, self._logs_client))
        return shippers

    def fetch(self) -> None:
        """The models' files that the servers find when they start. Raises ModelDataError."""
        for number, place in enumerate(self._places, start=1):
            data = place.container.get("data")
            if data is not None:
                self._download(data, place.ml / "model", container=f"container_{number}")

    def processes(self) -> Processes:
        """Not started yet. Raises ServerError, ApiError."""
        servers = {place.name: self._server(place) for place in self._places}
        models = {
            place.name: self._models(servers[place.name], place, place.container["models"])
            for place in self._places
            if "models" in place.container
        }
        return Processes(servers, models, direct=self._plan.get("direct", False))

    def _download(self, data: ModelData, folder: Path, *, container: str) -> None:
        seconds = self._plan.get("download_seconds", DOWNLOAD_SECONDS)
        s3 = self._session().client("s3")
        model_files.fetch_within(seconds, s3, data, folder, container=container)

    def _server(self, place: Place) -> ModelServer:
        container, settings = place.container, self._service.settings
        image = images.resolve(settings, container["image"], self._session)
        if image.serve is None:
            raise ServerError(
                f"the image {container['image']} has no program `serve`. {image.note}", place.name
            )
        environment = {
            "SAGEMAKER_REGION": settings.region,
            "AWS_REGION": settings.region,
            **container["environment"],
        }
        if not self._plan["isolated"]:
            granted = self._service.credentials.environment(
                self._plan["role"], session_name=self._session_name
            )
            self.granted.append(granted)
            environment |= granted
        return server_of(
            image,
            image.serve,
            environment,
            ml=place.ml,
            log=place.log,
            settings=settings,
            name=place.name,
            whose="server",
        )

    def _models(self, server: ModelServer, place: Place, data: MultiModelData) -> MultiModel:
        def download(target: str, folder: Path) -> None:
            uri = f"{data['prefix'].rstrip('/')}/{target.lstrip('/')}"
            number = self._places.index(place) + 1
            self._download(
                ModelData(uri=uri, archive=True), folder, container=f"container_{number}"
            )

        rewritten = isolation.method() == "rewrite"
        return MultiModel(
            server,
            place.ml,
            str(place.ml) if rewritten else isolation.ML,
            Surroundings(
                download=download, background=self._service.tasks.start, measure=self._measure
            ),
            cached=data["cached"],
        )

    def _measure(self, name: str, value: float) -> None:
        counted = name in _COUNTED
        metrics.of(self._service).put_of_variant(
            name,
            metrics.NONE if counted else metrics.MICROSECONDS,
            value if counted else metrics.rounded(value * 1e6),
            endpoint=self._endpoint,
            variant=self._plan["variant"],
        )

    @property
    def _session_name(self) -> str:
        return f"endpoint-{self._endpoint}"[:64]

    def _session(self) -> Any:
        return self._service.credentials.as_role(
            self._plan["role"], session_name=self._session_name
        )

    def _logs_client(self) -> Any:
        return self._session().client("logs")
