"""What the AI camera's own network sees: for the fake and for the real library."""

import tempfile
from pathlib import Path
from typing import Any

from tests.camera.control_behaviour import corners, refused, taken
from tests.camera.rpk import write_network

PERSON = "0:0.9:0.2:0.1:0.4:0.3"  # class, score, then x0, y0, x1, y1 as parts of the sensor
DOG = "5:0.7:0.5:0.5:0.8:0.9"
FAINT = "2:0.3:0.1:0.1:0.2:0.2"
WHOLE_VIEW = {"resolution": (2028, 1520), "timeout": 8.0}  # the sensor's own proportions


async def detections_go_out_with_their_frame(scene: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        network = write_network(Path(folder) / "network.rpk")
        scene(lux=400, detect=f"{PERSON};{DOG};{FAINT}")
        meta = (await taken(network=network, **WHOLE_VIEW))[0].meta
        assert near(meta["detections"]) == [
            ("person", 0.9, (20, 10, 20, 20)),
            ("dog", 0.7, (50, 50, 30, 40)),
        ]
        assert meta["people"] == 1
        assert near([{"label": "", "score": 0, "box": meta["boxes"][0]}])[0][2] == (20, 10, 20, 20)  # type: ignore[index]
        many = (await taken(network=network, network_score=0.2, **WHOLE_VIEW))[0].meta
        assert len(near(many["detections"])) == 3
        scene(lux=400, detect="")
        nobody = (await taken(network=network, **WHOLE_VIEW))[0].meta
        assert (nobody["detections"], nobody["people"]) == ([], 0)


async def boxes_follow_the_turns_and_the_crop(scene: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        network = write_network(Path(folder) / "network.rpk")
        scene(lux=400, detect=PERSON)
        expected = {
            (0, True): (60, 10, 20, 20),
            (90, False): (70, 20, 20, 20),
            (180, False): (60, 70, 20, 20),
        }
        for (rotation, hflip), box in expected.items():
            turn = {"rotation": rotation, "hflip": hflip}
            picture, image = await taken(network=network, **WHOLE_VIEW, **turn)
            assert near(picture.meta["detections"])[0][2] == box, turn
            assert corners(image) == corners((await taken(**turn))[1])
        picture, _ = await taken(network=network, crop=(0, 0, 50, 50), **WHOLE_VIEW)
        assert near(picture.meta["detections"])[0][2] == (40, 20, 40, 40)
        picture, _ = await taken(network=network, crop=(50, 50, 50, 50), **WHOLE_VIEW)
        assert picture.meta["detections"] == [], "it is not in the picture"


async def a_network_that_is_not_there_is_told(scene: Any) -> None:
    scene()
    assert "there is no such file" in await refused(network="/nowhere/network.rpk")


async def another_camera_runs_no_network(scene: Any) -> None:
    scene()
    assert "only an imx500 runs one, this is imx219" in await refused(network="/nowhere/n.rpk")


def near(found: Any) -> list[tuple[str, float, tuple[int, ...]]]:
    """Detections with boxes in whole per cent."""
    return [
        (each["label"], round(each["score"], 2), tuple(round(side) for side in each["box"]))
        for each in found
    ]


NETWORKS = {
    behaviour.__name__: (model, behaviour)
    for model, behaviour in (
        ("imx500", detections_go_out_with_their_frame),
        ("imx500", boxes_follow_the_turns_and_the_crop),
        ("imx500", a_network_that_is_not_there_is_told),
        ("imx219", another_camera_runs_no_network),
    )
}
