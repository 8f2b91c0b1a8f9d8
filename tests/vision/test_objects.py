"""Boxes out of a network's numbers, for each shape of YOLO; wrong files in plain words."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lookout.vision.objects import hog, network
from lookout.vision.objects.choosing import chosen, opened
from lookout.vision.objects.decoding import decode
from lookout.vision.objects.fit import Fit
from lookout.vision.objects.thing import BadModel, people
from lookout.vision.pictures import BadPicture
from tests.support.onnx import SIDE, brightness_model
from tests.support.pictures import toned_jpeg

SIZE = (320, 320)
# Centre x, y, width, height as parts of the input; of two classes the second, sure by 0.8.
BOX = (0.5, 0.25, 0.2, 0.1)
CORNERS = [[0.4, 0.2, 0.6, 0.3]]


def darknet() -> list[np.ndarray]:
    return [np.zeros((3, 7)), np.array([[*BOX, 0.9, 0.0, 0.8]])]


def v5() -> list[np.ndarray]:
    rows = np.zeros((1, 4, 7))
    rows[0, 2] = [*(each * 320 for each in BOX), 0.8, 0.1, 1.0]
    return [rows]


def v8() -> list[np.ndarray]:
    rows = np.zeros((1, 6, 9))
    rows[0, :, 5] = [*(each * 320 for each in BOX), 0.1, 0.8]
    return [rows]


def v10() -> list[np.ndarray]:
    rows = np.zeros((1, 300, 6))
    rows[0, 0] = [*(each * 320 for each in CORNERS[0]), 0.8, 1]
    rows[0, 1] = [0, 0, 320, 320, 0.1, 0]
    return [rows]


def ssd() -> list[np.ndarray]:
    return [
        np.array([[[[0, 0, 0.1, 0, 0, 1, 1], [0, 1, 0.8, *CORNERS[0]], [-1, 0, 0, 0, 0, 0, 0]]]])
    ]


@pytest.mark.parametrize("outputs", [darknet, v5, v8, v10, ssd])
def test_a_known_box_is_decoded_from_each_shape(outputs: object) -> None:
    found = decode(outputs(), size=SIZE, classes=2, least_score=0.3)  # type: ignore[operator]
    assert found.corners == pytest.approx(np.array(CORNERS), abs=1e-6)
    assert (found.classes.tolist(), found.scores.tolist()) == ([1], [pytest.approx(0.8)])
    assert len(decode(outputs(), size=SIZE, classes=2, least_score=0.9).scores) == 0  # type: ignore[operator]


def test_of_boxes_that_overlap_only_the_surest_stays_but_of_two_classes_both_do() -> None:
    rows = [
        [0.5, 0.5, 0.2, 0.2, 1, 0.7, 0],
        [0.51, 0.5, 0.2, 0.2, 1, 0.9, 0],  # the same thing, surer
        [0.5, 0.5, 0.2, 0.2, 1, 0, 0.6],  # another class
        [0.9, 0.5, 0.2, 0.2, 1, 0.5, 0],  # another place
    ]
    found = decode([np.array(rows)], size=SIZE, classes=2, least_score=0.3)
    assert found.scores.tolist() == pytest.approx([0.9, 0.6, 0.5])
    assert found.classes.tolist() == [0, 1, 0]


@pytest.mark.parametrize("shape", [(1, 3), (1, 4, 9), (2, 4, 7), (1, 1, 1, 8), (7,)])
def test_an_output_of_no_known_shape_is_refused_naming_what_was_expected(
    shape: tuple[int, ...],
) -> None:
    with pytest.raises(BadModel, match=r"For 2 labels expected: rows of 7 .*another family"):
        decode([np.zeros(shape)], size=SIZE, classes=2, least_score=0.3)


@pytest.mark.parametrize("rows", [[[[1, 1, 9, 9, 0.5, 2]]], [[[[0, 80, 0.5, 0, 0, 1, 1]]]]])
def test_a_class_that_has_no_label_is_told(rows: object) -> None:
    with pytest.raises(BadModel, match=r"class \d+, and its 2 labels end with number 1"):
        decode([np.array(rows)], size=SIZE, classes=2, least_score=0.3)


def test_six_columns_and_one_class_are_of_the_fifth_version_but_for_three_hundred_rows() -> None:
    fifth = np.zeros((1, 9, 6))
    fifth[0, 0] = [160, 160, 32, 32, 0.9, 1]
    tenth = np.zeros((1, 300, 6))
    tenth[0, 0] = [144, 144, 176, 176, 0.9, 0]
    for rows in (fifth, tenth):
        found = decode([rows], size=SIZE, classes=1, least_score=0.3)
        assert found.corners == pytest.approx(np.array([[0.45, 0.45, 0.55, 0.55]]), abs=1e-6)


@given(arrays.arrays(np.float32, (1, 8, 6), elements=st.floats(width=32)))
def test_whatever_a_network_sorts_boxes_lie_in_the_picture_or_its_class_is_told(
    rows: np.ndarray,
) -> None:
    try:
        found = decode([rows], size=SIZE, classes=2, least_score=0.3)
    except BadModel as error:
        assert "2 labels end" in str(error)
    else:
        assert ((found.corners >= 0) & (found.corners <= 1)).all()


@given(arrays.arrays(np.float32, (8, 7), elements=st.floats(width=32)))
def test_whatever_a_network_says_boxes_lie_in_the_picture(rows: np.ndarray) -> None:
    found = decode([rows], size=SIZE, classes=2, least_score=0.3)
    assert ((found.corners >= 0) & (found.corners <= 1)).all()
    assert (found.scores >= 0.3).all()


def test_boxes_are_in_per_cent_of_the_picture_not_of_the_square_that_it_lies_in() -> None:
    fit = Fit.of((1280, 720), (320, 320))
    assert (fit.left, fit.top, fit.width, fit.height) == (0, 70, 320, 180)
    assert fit.box((0.0, 70 / 320, 1.0, 250 / 320)) == (0.0, 0.0, 100.0, 100.0)
    assert fit.box((0.5, 0.5, 0.75, 0.78125)) == (50.0, 50.0, 25.0, 50.0)
    assert fit.box((0.0, 0.0, 1.0, 0.1)) == (0.0, 0.0, 100.0, 0.0)  # on the border


def v5_model(folder: Path, labels: str = "person\ndog\n") -> Path:
    """Sees a person where the picture is bright, in the left half, and half as surely a dog."""
    rows = np.array([[-8, -16, -16, -32, 1, -1, 0.0], [-24, -16, -8, -8, 0.5, 0, -1]])
    path = folder / "tiny.onnx"
    brightness_model(path, (1, 2, 7), rows)
    path.with_suffix(".names").write_text(labels)
    return path


def test_a_model_in_a_file_sees_what_is_known_to_be_seen(tmp_path: Path) -> None:
    detector = opened(str(v5_model(tmp_path)), tmp_path, size=SIDE)
    found = detector.look(toned_jpeg(255))
    assert [each.label for each in found] == ["person", "dog"]
    assert [each.score for each in found] == pytest.approx([1.0, 0.5], abs=0.01)
    assert found[0].box == pytest.approx((0, 0, 50, 100), abs=0.5)
    assert detector.look(toned_jpeg(0)) == []
    assert detector.name.startswith("tiny@")


def test_a_model_of_the_eighth_version_sees_the_same(tmp_path: Path) -> None:
    path = tmp_path / "eight.onnx"
    brightness_model(
        path, (1, 6, 3), np.array([[-8] * 3, [-16] * 3, [-16] * 3, [-32] * 3, [1, 0, 0], [0] * 3])
    )
    path.with_suffix(".names").write_text("person\ndog\n")
    (found,) = network.opened(path, size=SIDE).look(toned_jpeg(255))
    assert found.label == "person"
    assert found.box == pytest.approx((0, 0, 50, 100), abs=0.5)


@pytest.mark.parametrize(
    ("shape", "row", "labels"),
    [
        ((1, 1, 6), [-0.0, 0, -16, -32, 1, 0], "person\ndog\n"),
        ((1, 1, 1, 7), [0, -1, 1, 0, 0, -0.5, -1], "background\nperson\n"),
    ],
    ids=["v10", "ssd"],
)
def test_a_model_that_sorts_its_boxes_sees_the_same(
    shape: tuple[int, ...], row: list[float], labels: str, tmp_path: Path
) -> None:
    path = tmp_path / "sorted.onnx"
    brightness_model(path, shape, np.array(row))
    path.with_suffix(".names").write_text(labels)
    (found,) = network.opened(path, size=SIDE).look(toned_jpeg(255))
    assert found.label == "person"
    assert found.score == pytest.approx(1.0, abs=0.01)
    assert found.box == pytest.approx((0, 0, 50, 100), abs=0.5)


def test_labels_of_another_model_are_found_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="For 3 labels expected"):
        network.opened(v5_model(tmp_path, "a\nb\nc\n"), size=SIDE)


def test_an_input_of_another_size_is_found_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"does not take pictures of 64 x 64 .*analytics.size"):
        network.opened(v5_model(tmp_path), size=64)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken.onnx", b"\x08\x07nothing of this", "broken.onnx cannot be read"),
        ("empty.onnx", b"", "empty.onnx cannot be read"),
        ("model.pt", b"x", "expected a file .onnx"),
        ("no-cfg.weights", b"x", "cfg"),
    ],
)
def test_a_file_that_is_no_model_is_refused_in_plain_words(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / name).with_suffix(".names").write_text("person\n")
    with pytest.raises(BadModel, match=said):
        network.opened(tmp_path / name)


@pytest.mark.parametrize("labels", ["", "a,b\n", "a\x00\n", None])
def test_labels_that_are_none_are_refused(labels: str | None, tmp_path: Path) -> None:
    path = v5_model(tmp_path, labels or "")
    if labels is None:
        path.with_suffix(".names").unlink()
    with pytest.raises(BadModel, match=r"tiny\.names"):
        network.opened(path, size=SIDE)


def test_auto_is_hog_until_a_model_was_fetched_and_a_slip_is_told(tmp_path: Path) -> None:
    assert chosen("auto", tmp_path) == "hog"
    with pytest.raises(BadModel, match="lookout models fetch yolov3-tiny"):
        chosen("yolov3-tiny", tmp_path)
    with pytest.raises(BadModel, match="There is no model 'yolo'"):
        chosen("yolo", tmp_path)


def test_hog_sees_nobody_in_a_plain_or_tiny_picture_and_refuses_what_is_none() -> None:
    detector = hog.Hog()
    for size in ((640, 480), (20, 20), (4000, 8)):
        assert people(detector.look(toned_jpeg(90, *size))) == 0
    with pytest.raises(BadPicture):
        detector.look(b"\xff\xd8 not a picture")
