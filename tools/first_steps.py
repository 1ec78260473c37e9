"""Writes docs/first-steps.md: the commands from an empty folder to a table of one's own in the Dagster UI, run, with their times.

Here: a fresh environment with a wheel of this project, a new folder, and the commands of README one after another.
Not here: a test of what they do (ecom_lake_tests/cli/test_project.py, ecom_lake_tests/test_wheel.py).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/first-steps.md"
LINES = 12
"""So many lines of a command's output are shown."""
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Step:
    command: str
    what: str


STEPS = (
    Step("pip install 'ecom-lake[models]'", "Install the package (here: a wheel of this version, from a warm package cache)."),
    Step("ecom-lake init my-shop", "Create a project folder; then `cd my-shop`."),
    Step("ecom-lake synth export --full", "Generate the exports of a synthetic shop; with your own files, leave this out."),
    Step("ecom-lake land export", "Copy the exports into the lake."),
    Step("ecom-lake new table orders_by_month", "Draft a table of your own: a contract, a query and a test."),
    Step("ecom-lake build", "Build and release all tables, yours too."),
    Step("ecom-lake describe orders_by_month", "Look at your table."),
    Step("dagster dev", "See it in the Dagster UI; the time is that until the page answers."),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        environment = place / "venv"
        uv = Path(sys.executable).with_name("uv")
        run([str(uv), "venv", "--quiet", str(environment)], place)
        wheel = _wheel(uv, place)
        seconds: list[float] = []
        outputs: list[str] = []
        install = [str(uv), "pip", "install", "--quiet", "--python", str(environment / "bin/python"), f"{wheel}[models]"]
        for step in STEPS:
            started = time.monotonic()
            outputs.append(_do(step, install, place, environment / "bin"))
            seconds.append(time.monotonic() - started)
            sys.stdout.write(f"{seconds[-1]:6.1f} s  {step.command}\n")
        PAGE.write_text(_page(seconds, outputs, place), encoding="utf-8")


def _do(step: Step, install: list[str], place: Path, programs: Path) -> str:
    if step.command.startswith("pip"):
        return run(install, place)
    folder = place if " init " in step.command else place / "my-shop"
    words = step.command.split()
    command = [str(programs / words[0]), *words[1:]]
    return _until_it_answers(command, folder, programs) if step.command == "dagster dev" else run(command, folder)


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"})
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed with exit code {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _until_it_answers(command: list[str], folder: Path, programs: Path) -> str:
    """Start the UI on a free port, wait for its page, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    environment.pop("DAGSTER_HOME", None)
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _answers(port):
            if time.monotonic() > deadline or server.poll() is not None:
                raise SystemExit("The Dagster UI did not answer.")
            time.sleep(0.2)
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_SECONDS)
    return ""


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _wheel(uv: Path, place: Path) -> Path:
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)], ROOT)
    return next(place.glob("*.whl"))


def _page(seconds: list[float], outputs: list[str], place: Path) -> str:
    head = f"""# First steps

From an empty folder to a table of your own in the Dagster UI. `python tools/first_steps.py` ran these commands one after another
in a fresh environment and wrote this page; the times are of a machine with {os.cpu_count()} cores.

| | command | what it does | time |
|---|---|---|---|"""
    timed = enumerate(zip(STEPS, seconds, strict=True), 1)
    rows = [f"| {n} | `{step.command}` | {step.what} | {took:.1f} s |" for n, (step, took) in timed]
    shown = [_output(step, output.replace(str(place), "…")) for step, output in zip(STEPS, outputs, strict=True)]
    return "\n".join([head, *rows, f"| | | all | {sum(seconds):.0f} s |", *filter(None, shown)]) + "\n"


def _output(step: Step, output: str) -> str:
    lines = [line.rstrip() for line in output.splitlines()]
    if not any(lines):
        return ""
    more = ["…"] if len(lines) > LINES else []
    return "\n".join(["", f"**`{step.command}`**", "", "```", *lines[:LINES], *more, "```"])


if __name__ == "__main__":
    main()
