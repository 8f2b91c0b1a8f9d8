"""Programs of this checkout as processes that start in 10 ms.

`lookout` and the services import for 0.5 s of a processor before they do anything, 400 times in a
run of all tests. Here each is imported once and forked; from there on it is what it always is: a
process with its own arguments, environment, folder, streams, signals and end.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self, cast

from tests.support import warm_server
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
SECONDS = 60.0  # until who has closed its output must have ended
# What is imported where it is used, which is soon.
COMMANDS = tuple(
    f"lookout.cli.{path.stem}" for path in (ROOT / "lookout" / "cli").glob("[a-z]*.py")
)
LATER = {
    "lookout.cli.main": (*COMMANDS, "redis.asyncio", "PIL.JpegImagePlugin"),
    "": ("uvloop",),
}


class Process:
    """A forked program, with what subprocess.Popen has."""

    def __init__(self, program: "Program", pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._program = program

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._program.exit_code(self.pid)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Program:
    """Starts MODULE, or MODULE:FUNCTION, again and again."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        module = run.partition(":")[0]
        preloaded = [module if ":" in run else f"{module}.__main__", *LATER.get(module, LATER[""])]
        command = [sys.executable, warm_server.__file__, str(theirs.fileno()), str(os.getpid())]
        with theirs:
            self._server = subprocess.Popen(
                [*command, *preloaded],
                cwd=ROOT,
                env={k: v for k, v in os.environ.items() if not k.startswith("LOOKOUT_")},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process from which the program is forked."""
        return self._server.pid

    def start(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        output: int,
        errors: int,
        constants: Mapping[str, float] | None = None,
    ) -> Process:
        """Start it, with an empty standard input and these file descriptors for the others."""
        request = {
            "run": self._run,
            "argv": argv,
            "environment": dict(environment),
            "constants": dict(constants or {}),
        }
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123
            pid = self._ask(request, nothing.fileno(), output, errors)
        assert pid
        return Process(self, pid)

    def exit_code(self, pid: int) -> int | None:
        return self._ask({"poll": pid})

    def stop(self) -> None:
        self._ours.close()
        self._server.wait()

    def _ask(self, request: Mapping[str, object], *streams: int) -> int | None:
        socket.send_fds(self._ours, [json.dumps(request).encode()], streams)
        answer = self._ours.recv(warm_server.LONGEST)
        assert answer, f"what forks {self._run} has ended"
        number: int | None = json.loads(answer)
        return number


class Programs:
    """Those that were started so far."""

    def __init__(self) -> None:
        self._programs: dict[str, Program] = {}

    def __getitem__(self, run: str) -> Program:
        if run not in self._programs:
            self._programs[run] = Program(run)
        return self._programs[run]

    def pids(self) -> Iterable[int]:
        return [program.pid for program in self._programs.values()]

    def stop(self) -> None:
        for program in self._programs.values():
            program.stop()


PROGRAMS = Programs()


class Piped:
    """A forked program whose output is read here, with what asyncio.subprocess.Process has."""

    def __init__(self, process: Process, stdout: "Output", stderr: "Output") -> None:
        self.send_signal, self.kill = process.send_signal, process.kill
        self.stdout, self.stderr = stdout.reader, stderr.reader
        self.close_stdout = stdout.close
        self._outputs = (stdout, stderr)
        self._process = process

    @property
    def returncode(self) -> int | None:
        return self._process.poll()

    async def wait(self) -> int:
        await eventually(lambda: self.returncode is not None, SECONDS)
        return cast(int, self.returncode)

    async def communicate(self) -> tuple[bytes, bytes]:
        out, err = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        for output in self._outputs:
            output.close()
        return out, err


class Output:
    """The end of a pipe at which a program is heard."""

    def __init__(self, reader: asyncio.StreamReader, transport: asyncio.ReadTransport) -> None:
        self.reader = reader
        self.close = transport.close

    @classmethod
    async def opened(cls, descriptor: int) -> Self:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", 0)
        )
        return cls(reader, transport)


async def piped(
    run: str,
    argv: Sequence[str],
    environment: Mapping[str, str],
    constants: Mapping[str, float] | None = None,
) -> Piped:
    """Start a program and hear what it says."""
    (hear_out, out), (hear_err, err) = os.pipe(), os.pipe()
    outputs = await Output.opened(hear_out), await Output.opened(hear_err)
    try:
        process = PROGRAMS[run].start(
            argv, environment=environment, constants=constants, output=out, errors=err
        )
    finally:
        os.close(out)
        os.close(err)
    return Piped(process, *outputs)
