"""The command `ecom-lake`: which commands there are, and what their exit codes mean.

One module per command, except tables (tables, describe), doctor (doctor, repair), experiment (plan, simulate, analyze),
export (delta, odcs, openlineage), audience (export, effect), key (list, new, revoke), replay (quarantine replay) and history
(log, diff, rollback, unpin, gc). Not here: what a command reads (`engine/serve/`) and how it is displayed (`screen.py`). Heavy
modules are imported inside the commands that need them, so that help is instant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, CycloptsError, Group, Parameter

from ecom_lake import logs
from ecom_lake.cli import (
    ask,
    audience,
    build,
    copy,
    doctor,
    excel,
    experiment,
    export,
    forget,
    history,
    key,
    land,
    ledger,
    notify,
    powerbi,
    profile,
    project,
    publish,
    pull,
    quality,
    quarantine,
    replay,
    report,
    screen,
    serve,
    signals,
    sql,
    status,
    synth,
    tables,
)
from ecom_lake.cli import map as map_command
from ecom_lake.cli import mcp as mcp_command
from ecom_lake.cli.lake_options import LakeOptions
from ecom_lake.errors import UsageError, UserError, disk_trouble, was_interrupted

SUCCESS, FAILURE, USAGE = 0, 1, 2

_HELP = """Turns the raw exports of an online shop into tables that people can trust.

To start: `land` the exported files, `build`, then query with `ask` or `sql`, or read the Parquet files in the `gold` folder.
"""
EXIT_CODES = """Exit codes: 0 success, 1 a problem with the data or the lake, 2 wrong usage or nothing to do, \
130 interrupted (Ctrl-C), 143 terminated (SIGTERM)."""


def _version() -> str:
    from importlib.metadata import version

    return version("ecom-lake")


app = App(
    name="ecom-lake",
    help=_HELP,
    help_epilogue=EXIT_CODES,
    version=_version,
    exit_on_error=False,
    print_error=False,
)
_LAKE = Group("Common options", sort_key=9)
_FAMILIES: dict[str, tuple[Callable[..., int], ...]] = {
    "Load and build": (project.init, synth.synth, map_command.map, land.land, pull.pull, build.build, project.new),
    "Read": (
        serve.serve,
        key.key,
        mcp_command.mcp,
        ask.ask,
        sql.sql,
        report.report,
        export.export,
        powerbi.powerbi,
        excel.excel,
        publish.publish,
        notify.notify,
        tables.tables,
        tables.describe,
        experiment.experiment,
        audience.audience,
    ),
    "Quality": (
        status.status,
        quarantine.quarantine,
        ledger.ledger,
        quality.quality,
        profile.profile,
        doctor.doctor,
        doctor.repair,
    ),
    "History": (history.log, history.diff, history.rollback, history.unpin, history.gc, copy.copy, forget.forget),
}
_SUBCOMMANDS: dict[Callable[..., int], tuple[Callable[..., int], ...]] = {
    project.new: (project.table, project.question, project.model, project.map),
    quarantine.quarantine: (replay.replay,),
    key.key: (key.list_, key.new, key.revoke),
    experiment.experiment: (experiment.plan, experiment.simulate, experiment.analyze),
    audience.audience: (audience.export, audience.effect),
    export.export: (export.delta, export.odcs, export.openlineage),
}
"""The subcommands of a command: `quarantine replay`."""
for _order, (_title, _commands) in enumerate(_FAMILIES.items()):
    _group = Group(_title, sort_key=_order)
    for _position, _command in enumerate(_commands):
        if _command not in _SUBCOMMANDS:
            app.command(_command, group=_group, sort_key=_position)
            continue
        _parent = App(name=_command.__name__, group=_group, sort_key=_position)
        _parent.default(_command)
        for _subcommand in _SUBCOMMANDS[_command]:
            _parent.command(_subcommand)
        app.command(_parent)
app.meta.suppress_keyboard_interrupt = False  # `main` reports it
app["--help"].group = _LAKE
app["--version"].group = _LAKE


@app.meta.default
def _launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    root: Annotated[
        str | None,
        Parameter(group=_LAKE, help="Root of the lake. Default: ECOM_LAKE_ROOT, else `root` in lake.toml, else data."),
    ] = None,
    shop: Annotated[str | None, Parameter(group=_LAKE, help="Name of the shop. Default: the first shop in lake.toml.")] = None,
    project: Annotated[
        str | None,
        Parameter(group=_LAKE, help="Folder of lake.toml. Default: ECOM_LAKE_CONFIG (the file), else found upwards from here."),
    ] = None,
) -> Any:
    from ecom_lake.settings import log_to

    _refuse_missing_working_folder()
    command, bound, unparsed = app.parse_args(tokens)
    logs.start(log_to())
    for name in unparsed:
        bound.arguments[name] = LakeOptions(root, shop, project)
    return command(*bound.args, **bound.kwargs)


def _refuse_missing_working_folder() -> None:
    try:
        Path.cwd()
    except FileNotFoundError:
        raise UsageError("The working folder does not exist any more: change to another folder, and run it again.") from None


def command() -> None:
    """The entry point: runs one command and ends the process with its exit code.

    After an interruption the process ends without Python's own cleanup: temporary files are removed already, and DuckDB would
    report the interrupted query as leaked memory."""
    code = main()
    if code in signals.EXIT_CODES:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    with signals.ending() as ended_by:
        try:
            return _run(sys.argv[1:] if arguments is None else arguments)
        except KeyboardInterrupt:
            received = ended_by()
            return _fail(signals.SENTENCES[received], signals.exit_code(received))


def _run(arguments: Sequence[str]) -> int:
    try:
        code = app.meta(_common_options_first(arguments), result_action="return_value")
        sys.stdout.flush()
    except (CycloptsError, UsageError) as error:
        return _fail(str(error), USAGE)
    except UserError as error:
        return _fail(str(error), FAILURE)
    except BrokenPipeError:
        return _discard_output()
    except Exception as error:
        if was_interrupted(error):
            raise KeyboardInterrupt from None
        return _unexpected(error)
    return code if isinstance(code, int) else SUCCESS


def _common_options_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with --root, --shop and --project moved to the front, where cyclopts expects them."""
    common: list[str] = []
    rest = list(arguments)
    end = rest.index("--") if "--" in rest else len(rest)
    for number in range(end - 1, -1, -1):
        if rest[number].split("=")[0] in ("--root", "--shop", "--project"):
            length = 1 if "=" in rest[number] else 2
            if length == 2 and (number + 1 == end or rest[number + 1].startswith("-")):
                raise UsageError(f"{rest[number]} needs a value: write {rest[number]} {rest[number].strip('-').upper()}.")
            end -= length
            common = rest[number : number + length] + common
            del rest[number : number + length]
    return common + rest


def _fail(sentence: str, code: int) -> int:
    screen.show_error(sentence)
    return code


def _discard_output() -> int:
    """The reader of our output closed the pipe: the rest is discarded, and that is a success."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return SUCCESS


def _unexpected(error: Exception) -> int:
    from ecom_lake.settings import wants_traces

    if wants_traces():
        raise error
    if sentence := disk_trouble(error):
        return _fail(sentence, FAILURE)
    first = (str(error).strip() or "no message").splitlines()[0]
    return _fail(
        f"Unexpected error ({type(error).__name__}: {first}). Set ECOM_LAKE_DEBUG=1 and run it again for the stack trace.",
        FAILURE,
    )
