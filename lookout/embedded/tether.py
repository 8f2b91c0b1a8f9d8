"""Run a program that dies with its parent: `python tether.py PARENT_PID PROGRAM [ARGUMENT...]`.

A script of its own and not a `preexec_fn`: forking Python code in a process with threads may
deadlock. On Linux the kernel sends SIGKILL when the parent is gone, however it went; on other
systems the program is only started.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Become the program named on the command line."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    main()
