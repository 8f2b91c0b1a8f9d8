"""A file as an IMX500 network comes in, without a network: the two texts that picamera2 reads.

They are the members of a cpio archive ("newc" format); the simulated sensor makes up the results.
"""

import json
from pathlib import Path

LABELS = ("person", "bicycle", "car", "bird", "cat", "dog", "-", "printer")
_NORMS = ("K00", "K02", "K03", "K13", "K20", "K22", "K23", "K11")


def write_network(path: Path) -> Path:
    """Write one whose boxes are parts of the picture, in the order y0, x0, y1, x1."""
    info = {
        "networkID": "000001",
        "apParamSize": 0,
        "networkNum": 1,
        "networkOrdinal": 0,
        "inputTensorWidth": 320,
        "inputTensorHeight": 320,
        "inputTensorFormat": "RGB",
        **{f"inputTensorNorm_{norm}": "0x000" for norm in _NORMS},
    }
    intrinsics = {
        "task": "object detection",
        "inference_rate": 30.0,
        "cpu": {"bbox_normalization": False, "bbox_order": "yx"},
        "classes": {"labels": LABELS},
    }
    lines = "".join(f"{name}={value}\n" for name, value in info.items())
    path.write_bytes(
        _member("network_info.txt", lines.encode(), 1)
        + _member("network_intrinsics", json.dumps(intrinsics).encode(), 2)
        + _member("TRAILER!!!", b"", 0)
    )
    return path


def _member(name: str, data: bytes, inode: int) -> bytes:
    """A header of 13 numbers in hexadecimal, the name and the data, each padded to 4 bytes."""
    ended = name.encode() + b"\0"
    numbers = (inode, 0o100644, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(ended), 0)
    head = b"070701" + b"".join(b"%08X" % number for number in numbers) + ended
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
