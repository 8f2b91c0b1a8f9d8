"""One process that calls a model on the same pictures in memory, over and over: nothing else.

Prints `ready`, waits for a line, looks for so many seconds, and prints how many it looked at.
"""

import argparse
import sys
import time
from pathlib import Path

from lookout.vision.objects import choosing
from lookout.vision.objects.models import default_folder


def main(options: argparse.Namespace) -> None:
    """Look, and say how often."""
    detector = choosing.opened(options.model, default_folder())
    pictures = [path.read_bytes() for path in sorted(options.folder.iterdir())]
    detector.look(pictures[0])
    print("ready", flush=True)
    sys.stdin.readline()
    count, end = 0, time.perf_counter() + options.seconds
    while time.perf_counter() < end:
        detector.look(pictures[count % len(pictures)])
        count += 1
    print(count / (options.seconds + time.perf_counter() - end), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    main(parser.parse_args())
