"""The peer: a hub on imagezmq that writes each image to disk before it answers, as imagehub would.

Run with `python -m bench.zmq_hub PORT FOLDER COUNT [sync]`; its sender is `bench.zmq_sender`. With
`sync` an image is on the disk when it answers, as it is when our receipts say so; without, it is
in the kernel's memory, and lost when the machine loses power.
"""

import os
import sys
from pathlib import Path


def main(port: int, folder: Path, count: int, *, sync: bool) -> None:
    """Receive `count` images, one reply each after the write."""
    import imagezmq

    with imagezmq.ImageHub(open_port=f"tcp://127.0.0.1:{port}") as hub:
        print("ready", flush=True)
        for number in range(count):
            name, jpeg = hub.recv_jpg()
            with (folder / f"{name}-{number}.jpg").open("wb") as file:
                file.write(jpeg)
                if sync:
                    file.flush()
                    os.fsync(file.fileno())
            hub.send_reply(b"OK")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sync=sys.argv[4:] == ["sync"])
