"""ONNX files made by hand, so that what a network must answer is known (onnx.proto3's numbers)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIDE = 32  # pixels of the input
FLOAT, INT64 = 1, 7


def brightness_model(path: Path, shape: tuple[int, ...], rows: NDArray[np.float32]) -> None:
    """A network of SIDE x SIDE whose output of `shape` is `rows` times how bright the picture is.

    Numbers of `rows` that are negative are given as they are, without their sign.
    """
    flat = rows.reshape(-1).astype(np.float32)
    pixels = 3 * SIDE * SIDE
    weights = np.tile(np.where(flat > 0, flat, 0) / pixels, (pixels, 1)).astype(np.float32)
    constants = np.where(flat < 0, -flat, 0).astype(np.float32)
    graph = b"".join(
        (
            _part(1, _node("Flatten", ["in"], "flat")),
            _part(1, _node("Gemm", ["flat", "weights", "constants"], "line")),
            _part(1, _node("Reshape", ["line", "shape"], "out")),
            _part(2, b"brightness"),
            _part(5, _tensor("weights", weights, FLOAT)),
            _part(5, _tensor("constants", constants, FLOAT)),
            _part(5, _tensor("shape", np.array(shape, dtype=np.int64), INT64)),
            _part(11, _value("in", (1, 3, SIDE, SIDE))),
            _part(12, _value("out", shape)),
        )
    )
    path.write_bytes(_number(1, 7) + _part(7, graph) + _part(8, _number(2, 11)))


def _node(operator: str, inputs: Sequence[str], output: str) -> bytes:
    named = b"".join(_part(1, each.encode()) for each in inputs)
    return (
        named + _part(2, output.encode()) + _part(3, output.encode()) + _part(4, operator.encode())
    )


def _tensor(name: str, values: NDArray[np.float32] | NDArray[np.int64], kind: int) -> bytes:
    dimensions = b"".join(_number(1, each) for each in values.shape)
    return dimensions + _number(2, kind) + _part(8, name.encode()) + _part(9, values.tobytes())


def _value(name: str, shape: Sequence[int]) -> bytes:
    dimensions = b"".join(_part(1, _number(1, each)) for each in shape)
    tensor = _number(1, FLOAT) + _part(2, dimensions)
    return _part(1, name.encode()) + _part(2, _part(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _part(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
