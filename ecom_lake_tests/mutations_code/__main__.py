"""Tries the wrong edits of the code on the tests near them and reports what each was detected by; `make mutations-code` runs it.

`--only PART` tries the edits of files whose path contains the text, `--sample` the few that every run of the tests tries.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

from ecom_lake_tests.mutations_code.edit import Edit
from ecom_lake_tests.mutations_code.edits import EDITS, SAMPLE
from ecom_lake_tests.mutations_code.results import FILE, KILLED, SURVIVED, Result, Results
from ecom_lake_tests.mutations_code.same_result import SAME_RESULT
from ecom_lake_tests.mutations_code.trial import preload, project_copy

ENOUGH = 0.95


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="edits of files whose path contains this text")
    parser.add_argument("--sample", action="store_true", help="only the edits that every run of the tests tries")
    parser.add_argument("--workers", type=int, default=2, help="processes, each with a copy of the project")
    parser.add_argument("--results", type=Path, default=FILE, help="the file that keeps what was found out before")
    chosen = parser.parse_args()
    wanted = [edit for edit in EDITS if not chosen.sample or SAMPLE.get(edit.file) == edit.what]
    edits = [edit for edit in wanted if chosen.only in edit.path]
    known = Results(chosen.results)
    unknown = [edit for edit in edits if known.of(edit) is None]
    preload()
    cuts = [len(unknown) * number // chosen.workers for number in range(chosen.workers + 1)]
    slices = [unknown[start:end] for start, end in pairwise(cuts)]  # neighbours have the same tests
    workers = [get_context("fork").Process(target=try_edits, args=(some, chosen.results)) for some in slices if some]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    results = Results(chosen.results)
    found = [result for edit in edits if (result := results.of(edit))]
    return report(found) or int(len(found) < len(edits))


def try_edits(edits: Sequence[Edit], file: Path) -> None:
    results = Results(file)
    with project_copy() as copy:
        for edit in edits:
            try:
                result = copy.tried(edit)
            except LookupError as error:  # it stays untried, and the command fails at its end
                sys.stderr.write(f"{error}\n")
                continue
            results.add(edit, result)
            sys.stdout.write(f"{result.path:55} {result.what:60} {result.by or result.status.upper()} ({result.seconds:.0f} s)\n")
            sys.stdout.flush()


def report(found: list[Result]) -> int:
    """Counts the edits; those that change no result by design are named and left out of the rate."""
    survived = [result for result in found if result.status == SURVIVED]
    judged = [result for result in survived if (result.path, result.what) in SAME_RESULT]
    killed = sum(result.status == KILLED for result in found)
    counted = len(found) - len(judged)
    share = killed / counted if counted else 1.0
    sys.stdout.write(
        f"{len(found)} edits: {killed} detected, {len(survived)} not, of which {len(judged)} change no result;"
        f" {share:.1%} of the others detected, in {sum(result.seconds for result in found):,.0f} s.\n"
    )
    for result in survived:
        why = SAME_RESULT.get((result.path, result.what), "no test detects it")
        sys.stdout.write(f"  {result.path}: {result.what}: {why}\n")
    return 0 if share >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
