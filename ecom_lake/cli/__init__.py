"""The command `ecom-lake`: which commands there are, and what their exit codes mean.

One module a family: deliver (synth, land), build, ask, sql, report, look (tables, describe), experiment (plan, simulate,
analyze), health (status, doctor, repair), trust (quarantine, ledger, quality), replay (quarantine replay), history (log,
diff, rollback, unpin, gc), move (copy). What a command finds out stands in `serving/`, how it looks in `screen.py`. Heavy
modules are imported inside the commands that need them, so that help is there at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from cyclopts import App, CycloptsError, Group, Parameter

from ecom_lake import logs
from ecom_lake.cli import (
    ask,
    build,
    deliver,
    experiment,
    health,
    history,
    look,
    move,
    replay,
    report,
    screen,
    signals,
    sql,
    trust,
)
from ecom_lake.cli.place import Place
from ecom_lake.engine.serve.released import DEFAULT_SHOP
from ecom_lake.errors import UsageError, UserError, disk_trouble, was_interrupted

FINE, WRONG, MISUSED = 0, 1, 2

_HELP = """From a shop's raw exports to tables that people can trust.

A shop's way: `land` its files, `build`, then ask with `sql`, or read the Parquet files of its `gold` folder.
"""
_EXIT_CODES = """Exit codes: 0 fine, 1 something is wrong with the data or the lake, 2 wrong usage or nothing to do, \
130 interrupted (Ctrl-C), 143 terminated (SIGTERM)."""


def _version() -> str:
    from importlib.metadata import version

    return version("ecom-lake")


app = App(
    name="ecom-lake",
    help=_HELP,
    help_epilogue=_EXIT_CODES,
    version=_version,
    exit_on_error=False,
    print_error=False,
)
_LAKE = Group("Everywhere", sort_key=9)
_FAMILIES: dict[str, tuple[Callable[..., int], ...]] = {
    "Bring and build": (deliver.synth, deliver.land, build.build),
    "Read": (ask.ask, sql.sql, report.report, look.tables, look.describe, experiment.experiment),
    "Trust": (health.status, trust.quarantine, trust.ledger, trust.quality, health.doctor, health.repair),
    "History": (history.log, history.diff, history.rollback, history.unpin, history.gc, move.copy),
}
_BELOW: dict[Callable[..., int], tuple[Callable[..., int], ...]] = {
    trust.quarantine: (replay.replay,),
    experiment.experiment: (experiment.plan, experiment.simulate, experiment.analyze),
}
"""Commands of two words, by the one that their first word is."""
for _order, (_title, _commands) in enumerate(_FAMILIES.items()):
    _group = Group(_title, sort_key=_order)
    for _place, _command in enumerate(_commands):
        if _command not in _BELOW:
            app.command(_command, group=_group, sort_key=_place)
            continue
        _both = App(name=_command.__name__, group=_group, sort_key=_place)
        _both.default(_command)
        for _below in _BELOW[_command]:
            _both.command(_below)
        app.command(_both)
app.meta.suppress_keyboard_interrupt = False  # `main` says so itself
app["--help"].group = _LAKE
app["--version"].group = _LAKE


@app.meta.default
def _launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    root: Annotated[
        str | None,
        Parameter(group=_LAKE, help="Where the lake is; else ECOM_LAKE_ROOT, else the root of lake.toml, else data."),
    ] = None,
    shop: Annotated[str, Parameter(group=_LAKE, help="Which of the lake's shops.")] = DEFAULT_SHOP,
    project: Annotated[
        str | None,
        Parameter(group=_LAKE, help="Folder of the lake.toml; else ECOM_LAKE_CONFIG names the file, else the working folder's."),
    ] = None,
) -> Any:
    from ecom_lake.settings import log_to

    command, bound, unparsed = app.parse_args(tokens)
    logs.start(log_to())
    for name in unparsed:
        bound.arguments[name] = Place(root, shop, project)
    return command(*bound.args, **bound.kwargs)


def command() -> None:
    """What the shell starts: runs one command and ends the process with its exit code.

    A command that was interrupted ends without Python's clean-up: its files are cleaned up, and DuckDB would report the query
    that it was interrupted in as leaked memory."""
    code = main()
    if code in signals.EXIT_CODES:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    with signals.ending() as ended_by:
        try:
            return _run(sys.argv[1:] if arguments is None else arguments)
        except KeyboardInterrupt:
            received = ended_by()
            return _complain(signals.SENTENCES[received], signals.exit_code(received))


def _run(arguments: Sequence[str]) -> int:
    try:
        code = app.meta(_place_first(arguments), result_action="return_value")
        sys.stdout.flush()
    except (CycloptsError, UsageError) as error:
        return _complain(str(error), MISUSED)
    except UserError as error:
        return _complain(str(error), WRONG)
    except BrokenPipeError:
        return _hush()
    except Exception as error:
        if was_interrupted(error):
            raise KeyboardInterrupt from None
        return _unexpected(error)
    return code if isinstance(code, int) else FINE


def _place_first(arguments: Sequence[str]) -> list[str]:
    """--root, --shop and --project moved before the command: there they are understood, wherever they were written."""
    place: list[str] = []
    rest = list(arguments)
    end = rest.index("--") if "--" in rest else len(rest)
    for number in range(end - 1, -1, -1):
        if rest[number].split("=")[0] in ("--root", "--shop", "--project"):
            length = 1 if "=" in rest[number] else 2
            if length == 2 and (number + 1 == end or rest[number + 1].startswith("-")):
                raise UsageError(f"{rest[number]} needs a value: write {rest[number]} {rest[number].strip('-').upper()}.")
            end -= length
            place = rest[number : number + length] + place
            del rest[number : number + length]
    return place + rest


def _complain(sentence: str, code: int) -> int:
    screen.complain(sentence)
    return code


def _hush() -> int:
    """Whoever read our output has had enough: what is left goes nowhere, and that is fine."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FINE


def _unexpected(error: Exception) -> int:
    from ecom_lake.settings import wants_traces

    if wants_traces():
        raise error
    if says := disk_trouble(error):
        return _complain(says, WRONG)
    first = (str(error).strip() or "no more is known").splitlines()[0]
    return _complain(
        f"This should not have happened ({type(error).__name__}: {first}). Set ECOM_LAKE_DEBUG=1 and run it again to see where.",
        WRONG,
    )
