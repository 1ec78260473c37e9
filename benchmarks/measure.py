"""The cost of a command: wall time, CPU time, and the peak memory of it and of all processes that it starts.

Memory is the sum of the resident sets, sampled: pages that two processes share count twice, and a peak shorter than
the sampling step can be missed, which is why the kernel's own peak of the largest single process is printed too.
Not here: what is run, and what the numbers mean.

    python benchmarks/measure.py [--limit-gib 12] [--log FILE] -- python benchmarks/bare.py IN OUT
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

STEP = 0.02
GIB = 1 << 30


@dataclass(frozen=True)
class Measured:
    """The cost of one run."""

    command: list[str]
    exit_code: int
    wall_seconds: float
    cpu_seconds: float
    user_seconds: float
    system_seconds: float
    peak_gib: float
    """Largest sampled sum over the command and its children."""
    peak_single_gib: float
    """Largest resident set of any one process, as the kernel kept it."""
    load_before: float
    """Load average of the last minute before the start: what else the machine was doing."""
    output: str

    def answer(self) -> dict[str, object]:
        """The JSON object that the command printed last, if it printed one."""
        for line in reversed(self.output.splitlines()):
            if line.startswith("{"):
                return dict(json.loads(line))
        return {}


_UNUSUAL = ("PYTHONDONTWRITEBYTECODE",)
"""What an environment may hold that nobody's everyday Python has: without bytecode, every start compiles the libraries."""


def measure(
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    limit_gib: float | None = None,
    log: Path | None = None,
    step: float = STEP,
    on_sample: Callable[[int], None] = lambda resident: None,
) -> Measured:
    """Run a command to its end. `limit_gib` bounds its address space; its stderr goes to `log`.

    `step` is the time between two samples of its memory, each of which costs a few milliseconds of CPU. `on_sample` receives each
    sample, in bytes; if it raises an error, the command is stopped.

    The first run of all compiles what it imports: run a command once before its cost is to count.
    """
    load = os.getloadavg()[0]
    errors = log.open("wb") if log else None
    started = time.perf_counter()
    child = subprocess.Popen(
        list(command),
        env={name: value for name, value in {**os.environ, **(env or {})}.items() if name not in _UNUSUAL},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=errors,
        preexec_fn=(lambda: _limit(limit_gib)) if limit_gib else None,
    )
    assert child.stdout is not None
    os.set_blocking(child.stdout.fileno(), False)
    family = psutil.Process(child.pid)
    peak, output = 0, b""
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        output += child.stdout.read() or b""
        if pid:
            break
        resident = _resident(family)
        peak = max(peak, resident)
        try:
            on_sample(resident)
        except BaseException:
            child.kill()
            child.wait()
            raise
        time.sleep(step)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if errors:
        errors.close()
    return Measured(
        command=list(command),
        exit_code=child.returncode,
        wall_seconds=round(wall, 3),
        cpu_seconds=round(usage.ru_utime + usage.ru_stime, 3),
        user_seconds=round(usage.ru_utime, 3),
        system_seconds=round(usage.ru_stime, 3),
        peak_gib=round(max(peak, usage.ru_maxrss * 1024) / GIB, 3),
        peak_single_gib=round(usage.ru_maxrss * 1024 / GIB, 3),
        load_before=round(load, 2),
        output=output.decode(errors="replace"),
    )


def _limit(gib: float) -> None:
    size = int(gib * GIB)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _resident(family: psutil.Process) -> int:
    total = 0
    try:
        for process in (family, *family.children(recursive=True)):
            total += process.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit-gib", type=float)
    parser.add_argument("--log", type=Path)
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    measured = measure(asked.command, limit_gib=asked.limit_gib, log=asked.log)
    sys.stdout.write(measured.output)
    print(json.dumps({name: value for name, value in asdict(measured).items() if name not in ("command", "output")}))
    sys.exit(measured.exit_code)


if __name__ == "__main__":
    main()
