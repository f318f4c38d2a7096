"""TensorFlow Serving's JSON: requests to tensors, tensors to answers, and its error messages.

Format: https://www.tensorflow.org/tfx/serving/api_rest; wording of the errors as in
tensorflow_serving/util/json_tensor.cc.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import tensorflow as tf

Format = Literal["row", "columnar"]


class InvalidArgumentError(Exception):
    """The request is wrong: HTTP 400, the message under ``error``."""


def parse(body: bytes) -> dict[str, Any]:
    """Raises InvalidArgumentError."""
    if not body:
        raise InvalidArgumentError("JSON Parse error: The document is empty")
    try:
        document = json.loads(body)
    except ValueError as error:
        position = getattr(error, "pos", 0)
        raise InvalidArgumentError(
            f"JSON Parse error: Invalid value. at offset: {position}"
        ) from error
    if not isinstance(document, dict):
        raise InvalidArgumentError(f"JSON Value: {_short(document)} Is not object")
    return document


def signature_name(document: Mapping[str, Any], default: str) -> str:
    """Raises InvalidArgumentError."""
    name = document.get("signature_name", default)
    if not isinstance(name, str):
        raise InvalidArgumentError(
            f"JSON Value: {_short(document)} not formatted correctly. 'signature_name' key must be "
            "a string value."
        )
    return name or default


def to_tensors(
    document: Mapping[str, Any], inputs: Mapping[str, Any]
) -> tuple[dict[str, Any], Format]:
    """The request's tensors by input name, and the format to answer in.

    ``inputs`` are the signature's TensorSpecs by name. Raises InvalidArgumentError.
    """
    if "instances" in document and "inputs" in document:
        raise InvalidArgumentError(
            f"JSON Value: {_short(document)} Not formatted correctly expecting only one of "
            "'inputs' or 'instances' keys to exist "
        )
    if "instances" in document:
        return _checked(_from_instances(document, inputs), inputs), "row"
    if "inputs" in document:
        return _checked(_from_inputs(document["inputs"], inputs), inputs), "columnar"
    raise InvalidArgumentError("Missing 'inputs' or 'instances' key")


def _from_instances(document: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    instances = document["instances"]
    if not isinstance(instances, list):
        raise InvalidArgumentError(
            f"JSON Value: {_short(document)} Excepting 'instances' to be an list/array"
        )
    if not instances:
        raise InvalidArgumentError(f"JSON Value: {_short(document)} No values in 'instances' array")
    named = _is_named(instances[0])
    if not named and len(inputs) > 1:
        raise InvalidArgumentError(
            "instances is a plain list, but expecting list of objects as multiple input tensors "
            "required as per tensorinfo_map"
        )
    columns: dict[str, list[Any]] = {name: [] for name in inputs}
    for number, element in enumerate(instances):
        if named and not _is_named(element):
            raise InvalidArgumentError(
                f"Expecting object but got list at item {number} of input list"
            )
        if not named and _is_named(element):
            raise InvalidArgumentError(
                f"Expecting value/list but got object at item {number} of input list"
            )
        values = element if named else {next(iter(inputs)): element}
        if values.keys() != inputs.keys():
            raise InvalidArgumentError(
                f"Failed to process element: {number} of 'instances' list. JSON object: "
                f"{_short(element)} keys must be equal to: {','.join(sorted(inputs))}"
            )
        for name, value in values.items():
            columns[name].append(value)
    return {name: _tensor(values, inputs[name]) for name, values in columns.items()}


def _from_inputs(value: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    if not _is_named(value):
        if len(inputs) > 1:
            raise InvalidArgumentError(
                "inputs is a plain value/list, but expecting an object as multiple input tensors "
                "required as per tensorinfo_map"
            )
        name, spec = next(iter(inputs.items()))
        return {name: _tensor(value, spec)}
    tensors = {}
    for name, spec in inputs.items():
        if name not in value:
            raise InvalidArgumentError(f"Missing named input: {name} in 'inputs' object.")
        tensors[name] = _tensor(value[name], spec)
    return tensors


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and not _is_base64(value)


def _is_base64(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str)


def _tensor(value: Any, spec: Any) -> Any:
    shape = _shape(value)
    leaves: list[Any] = []
    _collect(value, 0, shape, spec.dtype, leaves)
    if spec.dtype == tf.string:
        array = np.empty(len(leaves), dtype=object)
        array[:] = leaves
    else:
        array = np.array(leaves, dtype=spec.dtype.as_numpy_dtype)
    return tf.constant(array.reshape(shape), dtype=spec.dtype)


def _shape(value: Any) -> list[int]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return shape


def _collect(value: Any, level: int, shape: list[int], dtype: Any, leaves: list[Any]) -> None:
    rank = len(shape)
    if not isinstance(value, list):
        if level != rank:
            raise InvalidArgumentError(
                f"JSON Value: {_short(value)} found at incorrect level: {level + 1} in the JSON "
                f"DOM. Expected at level: {rank}"
            )
        leaves.append(_leaf(value, dtype))
        return
    if level >= rank:
        raise InvalidArgumentError(
            f"Encountered list at unexpected level: {level} expected < {rank}"
        )
    if len(value) != shape[level]:
        raise InvalidArgumentError(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: "
            f"{shape[level]}"
        )
    for item in value:
        _collect(item, level + 1, shape, dtype, leaves)


def _leaf(value: Any, dtype: Any) -> Any:
    if dtype == tf.string:
        if _is_base64(value):
            try:
                return base64.b64decode(value["b64"], validate=True)
            except binascii.Error as error:
                raise InvalidArgumentError("Unable to base64 decode") from error
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, dict):
            raise InvalidArgumentError(
                f"JSON Value: {_short(value)} not formatted correctly for base64 data"
            )
    elif dtype == tf.bool:
        if isinstance(value, bool):
            return value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if dtype.is_floating:
            return value
        if isinstance(value, int) and dtype.min <= value <= dtype.max:
            return value
    raise InvalidArgumentError(
        f"JSON Value: {_short(value)} Type: {_kind(value)} is not of expected type: {dtype.name}"
    )


def _kind(value: Any) -> str:
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return str(value)
    kinds: dict[type, str] = {dict: "Object", list: "Array", str: "String"}
    return kinds.get(type(value), "Number")


def _checked(tensors: dict[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    for name, tensor in tensors.items():
        wanted = inputs[name].shape
        if not wanted.is_compatible_with(tensor.shape):
            raise InvalidArgumentError(
                f"input {name} must have the shape {wanted} but has {tensor.shape}"
            )
    return tensors


def to_json(outputs: Mapping[str, Any], chosen: Format) -> bytes:
    """The answer's body. Raises InvalidArgumentError where rows cannot be told apart."""
    plain = {name: _plain(name, array) for name, array in sorted(outputs.items())}
    if chosen == "columnar":
        content = plain if len(plain) > 1 else next(iter(plain.values()))
        return json.dumps({"outputs": content}).encode()
    sizes: dict[str, int] = {}
    for name, array in sorted(outputs.items()):
        if np.ndim(array) == 0:
            raise InvalidArgumentError(f"Tensor name: {name} has no shape information ")
        sizes[name] = len(array)
        first = next(iter(sizes.values()))
        if sizes[name] != first:
            raise InvalidArgumentError(
                f"Tensor name: {name} has inconsistent batch size: {sizes[name]} expecting: {first}"
            )
    if len(plain) == 1:
        return json.dumps({"predictions": next(iter(plain.values()))}).encode()
    rows = [dict(zip(plain, values, strict=True)) for values in zip(*plain.values(), strict=True)]
    return json.dumps({"predictions": rows}).encode()


def _plain(name: str, array: Any) -> Any:
    array = np.asarray(array)
    if array.dtype == object:
        as_bytes = name.endswith("_bytes")
        return _texts(array.tolist(), as_bytes)
    if array.dtype == np.float32:
        # The shortest digits that give the same float, not those of its value as a double.
        return _shortest(array)
    return array.tolist()


def _shortest(array: Any) -> Any:
    flat = np.array([float(str(value)) for value in array.ravel()], dtype=np.float64)
    return flat.reshape(array.shape).tolist()


def _texts(value: Any, as_bytes: bool) -> Any:
    if isinstance(value, list):
        return [_texts(item, as_bytes) for item in value]
    raw = value if isinstance(value, bytes) else str(value).encode()
    if as_bytes:
        return {"b64": base64.b64encode(raw).decode()}
    return raw.decode("utf-8", errors="replace")


def _short(value: Any) -> str:
    """JSON for an error message, cut where it is long."""
    text = json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
