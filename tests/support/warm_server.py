"""Keeps a program imported and forks it: `python warm_server.py SOCKET PARENT_PID MODULE...`.

Requests come through the inherited socket: `{"run": MODULE or MODULE:FUNCTION, "argv",
"environment", "constants"}` with the three standard streams, answered with a process id; or
`{"poll": PID}`, answered with its exit code, null while it runs. A script of its own, so that what
it forks has imported what the program imports and nothing of the tests.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1  # prctl(2)
LONGEST = 1 << 18  # bytes of a request


def main() -> None:
    """Serve until the parent has gone; in a fork, be the program."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    _die_with(int(sys.argv[2]))
    for module in sys.argv[3:]:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # a fork that collects garbage would copy every page otherwise
    while True:
        message, streams, _, _ = socket.recv_fds(connection, LONGEST, 3)
        if not message:
            return
        request = json.loads(message)
        if "poll" in request:
            answer = _exit_code(request["poll"])
        elif (answer := os.fork()) == 0:
            connection.close()
            _become(request, streams)
            return
        for stream in streams:
            os.close(stream)
        connection.send(json.dumps(answer).encode())


def _exit_code(pid: int) -> int | None:
    """As subprocess has it: minus the signal's number when a signal ended it."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _become(request: dict[str, Any], streams: list[int]) -> None:
    _die_with(os.getppid())
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    for constant, value in request["constants"].items():
        module, _, name = constant.rpartition(".")
        owner = importlib.import_module(module)
        getattr(owner, name)  # which is there
        setattr(owner, name, value)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = request["argv"]
    module, _, function = request["run"].partition(":")
    if function:
        sys.exit(getattr(sys.modules[module], function)())
    del sys.modules[f"{module}.__main__"]  # or runpy warns that it was imported
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            sys.exit(1)


if __name__ == "__main__":
    sys.path[0] = str(Path.cwd())  # as `python -m` has it
    main()
