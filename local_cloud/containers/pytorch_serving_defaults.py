"""What AWS's PyTorch inference toolkit does where ``inference.py`` lacks a function.

Contract: https://github.com/aws/sagemaker-pytorch-inference-toolkit
(``default_pytorch_inference_handler.py``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from local_cloud.containers.inference_toolkit import content_types, decoder, encoder, errors

MODEL_FILE = "model.pt"
ENDINGS = (".pt", ".pth")


class ModelLoadError(Exception):
    """The model's file is not in TorchScript."""


def model_fn(model_dir: str) -> Any:
    """The TorchScript model of the folder: model.pt, else its only .pt or .pth file.

    Raises ValueError where there is none or more than one, ModelLoadError.
    """
    path = Path(model_dir) / MODEL_FILE
    if not path.exists():
        there = sorted(Path(model_dir).iterdir())
        files = [file for file in there if file.is_file() and file.suffix in ENDINGS]
        if len(files) != 1:
            raise ValueError(
                "Exactly one .pth or .pt file is required for PyTorch models: "
                f"{[file.name for file in files]}"
            )
        path = files[0]
    try:
        return torch.jit.load(str(path), map_location=_device()).to(_device())
    except RuntimeError as error:
        raise ModelLoadError(
            f"Failed to load {path}. Please ensure model is saved using torchscript."
        ) from error


def input_fn(body: Any, content_type: str | None) -> Any:
    """A tensor of JSON, CSV or NPY. Raises UnsupportedFormatError, ValueError."""
    array = decoder.decode(body, content_type)
    text = content_type in content_types.UTF8_TYPES
    tensor = torch.FloatTensor(array) if text else torch.from_numpy(array)
    return tensor.to(_device())


def predict_fn(data: Any, model: Any) -> Any:
    """The model's answer to a tensor, without gradients."""
    with torch.no_grad():
        model = model.to(_device())
        model.eval()
        return model(data.to(_device()))


def output_fn(prediction: Any, accept: str) -> str | bytes:
    """JSON, CSV or NPY, the first of these in ``accept``. Raises UnsupportedFormatError."""
    if isinstance(prediction, torch.Tensor):
        prediction = prediction.detach().cpu().numpy().tolist()
    for content_type in accept.replace(" ", "").split(","):
        if content_type in encoder.SUPPORTED_CONTENT_TYPES:
            return encoder.encode(prediction, content_type)
    raise errors.UnsupportedFormatError(accept)


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
