"""A sender for the imagezmq hub: one image, one reply, as imagenode does it."""

import argparse
import json
import sys
import time

from bench.sender import jpeg_of


def main(options: argparse.Namespace) -> None:
    """Send, report."""
    import imagezmq

    jpeg = jpeg_of(options.size)
    with imagezmq.ImageSender(connect_to=options.url) as sender:
        print("ready", flush=True)
        sys.stdin.readline()
        began, seconds = time.time(), []
        for _ in range(options.count):
            start = time.perf_counter()
            sender.send_jpg(options.node, jpeg)
            seconds.append(time.perf_counter() - start)
        report = {"began": began, "ended": time.time(), "seconds": seconds}
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--node", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--size", type=int, required=True)
    main(parser.parse_args())
