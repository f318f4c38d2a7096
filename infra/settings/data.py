"""How a workload's uploads are checked, transformed and split: pictures, or tables in CSV."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from infra.settings.compute import PreparationCompute
from infra.settings.model import FieldFault, Items, SettingsModel, refuse

ImageFormat = Literal["bmp", "gif", "jpeg", "png", "tiff", "webp"]

ColumnName = Annotated[str, StringConstraints(pattern=r"^\w[\w .-]{0,63}$")]


class DataSettings(SettingsModel):
    """What images and tables have in common."""

    validation_fraction: float = Field(
        gt=0, lt=1, description="a number between 0 and 1: the part that tuning is judged by"
    )
    test_fraction: float = Field(
        gt=0,
        lt=1,
        description="a number between 0 and 1: the part held out from training and tuning",
    )
    max_bad_fraction: float = Field(
        ge=0,
        lt=1,
        description="a number from 0 to below 1: the part of unusable files or rows above which "
        "the run stops",
    )
    samples: int = Field(
        ge=1, le=100, description="held-out examples kept for the smoke test, 1 to 100"
    )
    compute: PreparationCompute = Field(description="the machines that prepare the data")

    @model_validator(mode="after")
    def _something_is_left_to_train_on(self) -> DataSettings:
        held_out = self.validation_fraction + self.test_fraction
        if held_out >= 1:
            refuse(
                [
                    FieldFault(
                        "test_fraction",
                        self.test_fraction,
                        f"with validation_fraction {self.validation_fraction} nothing is left "
                        "to train on",
                        f"less than {round(1 - self.validation_fraction, 6)}",
                    )
                ]
            )
        return self


class ImageDataSettings(DataSettings):
    """Pictures: how `shared/images/prepare.py` checks, resizes and splits them."""

    kind: Literal["image"] = Field(description="image or table")
    layout: Literal["folders", "cub-200-2011"] = Field(
        default="folders",
        description="folders (one a class), or cub-200-2011 (images.txt, classes.txt and so on)",
    )
    image_size: int = Field(
        ge=8, le=1_024, description="edge in whole pixels that pictures are resized to, 8 to 1024"
    )
    crop_to_bounding_box: bool = Field(
        default=False,
        description="true to cut pictures to the boxes of bounding_boxes.txt (cub-200-2011 only), "
        "or false",
    )
    formats: Items[ImageFormat] = Field(
        default=("bmp", "gif", "jpeg", "png", "webp"),
        min_length=1,
        description="a list of the picture formats that are taken: bmp, gif, jpeg, png, tiff, webp",
    )
    min_edge: int = Field(
        default=1, ge=1, le=10_000, description="pixels: pictures with a shorter edge are refused"
    )
    min_images_per_class: int = Field(
        ge=1, description="a whole number, 1 or more; a class with fewer stops the run"
    )
    max_imbalance: float = Field(
        default=0,
        ge=0,
        description="pictures of the largest class for each of the smallest above which the run "
        "stops; 0 for any",
    )

    @model_validator(mode="after")
    def _boxes_are_there(self) -> ImageDataSettings:
        if self.crop_to_bounding_box and self.layout != "cub-200-2011":
            refuse(
                [
                    FieldFault(
                        "crop_to_bounding_box",
                        True,
                        f"needs bounding boxes, which the layout {self.layout} has not",
                        "false, or layout: cub-200-2011",
                    )
                ]
            )
        return self


class ColumnSettings(SettingsModel):
    """A column of the uploaded tables."""

    name: ColumnName = Field(
        description="letters, digits, spaces, _ . and -, up to 64; as in the header if there is one"
    )
    type: Literal["number", "integer", "category"] = Field(
        description="number, integer, or (for the label) category"
    )
    min: float | None = Field(default=None, description="the smallest number allowed, or null")
    max: float | None = Field(default=None, description="the largest number allowed, or null")
    values: Items[str] | None = Field(
        default=None, min_length=2, description="a list of the labels allowed, in quotes, or null"
    )
    missing: bool = Field(default=False, description="true where the column may be empty, or false")


class TableDataSettings(DataSettings):
    """Tables in CSV: how `shared/tables/prepare.py` checks and splits them."""

    kind: Literal["table"] = Field(description="image or table")
    header: bool = Field(
        description="true where each file begins with the columns' names, or false"
    )
    delimiter: Literal[",", ";", "\t", "|"] = Field(
        default=",", description='"," ";" "|" or a tabulator'
    )
    label: ColumnName = Field(description="the name of the column to predict")
    columns: Items[ColumnSettings] = Field(
        min_length=2,
        max_length=1_000,
        description="a list of the columns in the order of the files, each with name and type",
    )
    min_rows_per_class: int = Field(
        ge=1, description="a whole number, 1 or more; a class with fewer stops the run"
    )

    @field_validator("columns")
    @classmethod
    def _names_differ(cls, columns: tuple[ColumnSettings, ...]) -> tuple[ColumnSettings, ...]:
        names = [column.name for column in columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"names {', '.join(twice)} twice")
        return columns

    @model_validator(mode="after")
    def _columns_fit(self) -> TableDataSettings:
        refuse([*self._label_faults(), *self._column_faults()])
        return self

    def _label_faults(self) -> list[FieldFault]:
        names = [column.name for column in self.columns]
        if self.label not in names:
            return [FieldFault("label", self.label, "is no column", f"one of {', '.join(names)}")]
        column = self.columns[names.index(self.label)]
        if column.type == "category":
            return []
        key = f"columns.{names.index(self.label)}.type"
        return [FieldFault(key, column.type, "is the label's, which is a class", "category")]

    def _column_faults(self) -> list[FieldFault]:
        faults = []
        for number, column in enumerate(self.columns):
            key = f"columns.{number}"
            if column.type == "category" and column.name != self.label:
                faults.append(
                    FieldFault(
                        f"{key}.type",
                        column.type,
                        "is a feature, and features are numbers",
                        "number or integer; encode the classes before the upload, so that "
                        "callers of the endpoint do the same",
                    )
                )
            if column.type != "category" and column.values is not None:
                faults.append(
                    FieldFault(f"{key}.values", None, "belong to a category", "min and max")
                )
            if None not in (column.min, column.max) and column.min >= column.max:  # type: ignore[operator]
                faults.append(
                    FieldFault(f"{key}.max", column.max, "is not above min", f"over {column.min}")
                )
        return faults
