"""`python -m bench.ping HOST PORT PASSWORD`: PINGs, and for each line how long they took.

A process of its own, so that what the measured one does in Python is not counted.
"""

import json
import select
import statistics
import sys
import time

from redis import Redis

PAUSE = 0.003  # seconds between two
LEAST = 30  # PINGs that a figure is made of


def main() -> None:
    """Answer each line with p50, p99 and the longest since the one before, in milliseconds."""
    host, port, password = sys.argv[1:]
    client = Redis(host=host, port=int(port), password=password)
    took: list[float] = []
    while True:
        began = time.perf_counter()
        client.ping()
        took.append((time.perf_counter() - began) * 1000)
        if len(took) > LEAST and select.select([sys.stdin], [], [], 0)[0]:
            if not sys.stdin.readline():
                return
            cuts = statistics.quantiles(took, n=100)
            print(json.dumps({"p50": cuts[49], "p99": cuts[98], "max": max(took)}), flush=True)
            took.clear()
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
