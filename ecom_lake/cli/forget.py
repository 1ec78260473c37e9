"""The command `forget`: erases persons from everything that the lake holds of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.forget_outside import forget_outside
from ecom_lake.cli.history import confirms
from ecom_lake.cli.ids_file import read_ids
from ecom_lake.cli.lake_options import AsJson, Flag, LakeOptions, Options
from ecom_lake.cli.prove import run_prove
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.build.shop_context import Site
    from ecom_lake.engine.config import Settings
    from ecom_lake.engine.forget.request import Request
    from ecom_lake.engine.store.erasure_list import ErasureList, Mode


def forget(
    *,
    person: Annotated[list[str] | None, Parameter(negative="")] = None,
    file: str | None = None,
    mode: Literal["unlink", "remove"] | None = None,
    dry_run: Flag = False,
    resume: Annotated[Flag, Parameter(name="--continue")] = False,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    again: str | None = None,
    lost_key: Flag = False,
    prove: str | None = None,
    also: Annotated[list[Path] | None, Parameter(negative="")] = None,
    certificate: Path | None = None,
    yes: Flag = False,
    as_json: AsJson = False,
    options: Options,
) -> int:
    """Erase persons from everything that the lake holds of them.

    Finds every delivered row that leads to the persons, shows how many there are, and asks. Then landing, bronze and all tables
    are written again without them, one release is made, and all older states are deleted at once. A later delivery of the same
    persons is recognised by ECOM_LAKE_ERASURE_KEY, and dropped. It may be interrupted: --continue ends it. With --prove, every
    byte of the lake and around it is searched for the ids instead; exit code 1 where an id is found or a file cannot be read.

    Parameters
    ----------
    person
        An id of a person; may be repeated. It stays in the history of the shell: prefer --file.
    file
        A file with one id a line, or - for the standard input. `order:7` is the id of an order that never came.
    mode
        unlink, the default: orders and amounts stay, under random ids and without place, age, gender and texts; every total
        keeps. remove: the rows go. With --continue and --from, `remove` replaces the mode of the erasures.
    dry_run
        Show what would be erased, and erase nothing.
    resume
        Carry through what was interrupted.
    from_
        Erase whom this lake has erased, in a copy of it: --root names the copy.
    again
        A file with the ids of persons who were erased under a key that is lost: they are recognised again, in no row or in some.
    lost_key
        Record that the former key of the erasure list is lost: builds go on, and do not recognise whom it has erased.
    prove
        A file with one id a line, or - for the standard input: search for these ids, and erase nothing.
    also
        With --prove: another folder or file to read, such as a copy or a backup; may be repeated.
    certificate
        With --prove: the JSON file to write what was read and found into. It holds no id.
    yes
        Erase without confirmation.
    as_json
        Print JSON; erase only with --yes.
    """
    from ecom_lake.engine.build.bronze.ingest import ingest
    from ecom_lake.engine.forget.request import asked_persons
    from ecom_lake.engine.forget.steps import erasure_list, record, refuse_unsafe, refuse_unsafe_rows

    if prove:
        return run_prove(prove, options, also or (), certificate, as_json)
    if also or certificate:
        raise UsageError("--also and --certificate belong to --prove: name the file with the ids.")
    asked = [*(person or ()), *(read_ids("--file", file) if file else ())]
    renewed = read_ids("--again", again) if again else []
    if sum((bool(asked), bool(renewed), resume, bool(from_), lost_key)) != 1:
        raise UsageError("Name the persons with --file or --person, or use --continue, --again, --lost-key, --from or --prove.")
    if mode and (lost_key or (mode == "unlink" and (resume or from_))):
        raise UsageError("--mode is chosen with the persons; --continue and --from take only --mode remove.")
    site = options.site()
    refuse_unsafe(site)
    listed = erasure_list(site)
    listed.refuse_weak_key()
    if lost_key:
        return _give_up(listed, yes or (not as_json and confirms(_LOST)), as_json, options)
    listed.refuse_other_key()
    asked += renewed
    if asked and listed.unfinished:
        raise UsageError(f"Erasure {listed.unfinished[0]} is not finished: run {options.command('forget --continue')} first.")
    result: dict[str, Any] = {"shop": site.shop.name, "mode": mode or "unlink", "erased": False}
    if asked:
        if not dry_run:
            ingest(site)  # what lies in landing may hold the persons, too
        request = _resolved(site, asked, as_json, renews=bool(renewed))
        refuse_unsafe_rows(site, request.ids, mode or "unlink")
        result |= {"found": [asdict(one) for one in request.found], "unknown": len(request.unknown)}
        if dry_run or not (yes or (not as_json and confirms(_question(mode or "unlink")))):
            return _not_erased(result, dry_run, as_json, options)
        record(site, request.ids, mode or "unlink", renews=asked_persons(site, renewed) if renewed else None)
    elif from_:
        _take_list(LakeOptions(from_, options.shop, options.project), site, mode)
    elif not listed.unfinished:
        raise UsageError(f"No erasure of shop '{site.shop.name}' is unfinished: nothing to do.")
    outside = _run(site, options.settings(), mode if resume or from_ else None)
    result |= {"erased": True, "release": site.lake.log.head().release, "outside": outside}
    if as_json:
        screen.show_json(result)
        return 0
    screen.show(f"Done: readers see release {result['release']}, and all older states are deleted.", *outside)
    screen.show(f"Next: {options.command('forget --prove FILE')}, with the ids, to read every byte")
    return 0


_LOST = "Is the key lost? Nobody whom it has erased is recognised any more when delivered again."


def _give_up(listed: ErasureList, is_confirmed: bool, as_json: bool, options: LakeOptions) -> int:
    if not is_confirmed:
        raise UsageError(f"Nothing was recorded. Without confirmation, run {options.command('forget --lost-key --yes')}.")
    unfinished = set(listed.unfinished)
    if not (lost := listed.give_up()):
        raise UsageError("Every erasure was made under a key that is set or recorded as lost: nothing to do.")
    dropped = [erasure.number for erasure in lost if erasure.number in unfinished]
    if as_json:
        screen.show_json({"lost": [erasure.number for erasure in lost], "unfinished": dropped})
        return 0
    screen.show(f"Recorded: {counted(len(lost), 'erasure')} of a lost key. {listed.unrecognised()}")
    if dropped:
        screen.show(f"{counted(len(dropped), 'erasure')} of them did not end: the lake may still hold these persons.")
    return 0


def _resolved(site: Site, asked: list[str], as_json: bool, renews: bool) -> Request:
    """`renews`: the ids join the erasure list, in a row or not."""
    from ecom_lake.engine.build.erasure.person_rows import merged
    from ecom_lake.engine.contracts.delivered import PERSON
    from ecom_lake.engine.forget.request import named_ids, resolve

    request = resolve(site, site.lake.log.head(), asked)
    if renews:
        request = replace(request, ids=merged(request.ids, named_ids(site, asked, request.ids.get(PERSON, ()))))
    if request.unknown and not as_json:
        screen.show(
            f"{counted(len(request.unknown), 'id')} of {len(asked):,} {'is' if len(request.unknown) == 1 else 'are'} in no row."
        )
    if not request.rows and not renews:
        raise UsageError(f"Shop '{site.shop.name}' holds nothing of these persons: nothing to do.")
    if not as_json:
        ids = ", ".join(f"{kind} ids: {len(values):,}" for kind, values in sorted(request.ids.items()) if values)
        screen.show(f"Found {ids}.", "")
        counts = ["rows", "quarantined", "pending", "malformed"]
        rows = [(o.table, *map(screen.number, (o.rows, o.quarantined, o.pending, o.rejected))) for o in request.found]
        screen.show_table(["delivered table", *counts], rows, right=counts)
    return request


def _question(mode: str) -> str:
    what = "Unlink these rows from the persons" if mode == "unlink" else "Remove these rows"
    return f"{what} and delete all older states? This cannot be undone."


def _not_erased(result: dict[str, Any], dry_run: bool, as_json: bool, options: LakeOptions) -> int:
    if as_json:
        screen.show_json(result)
    if dry_run:
        return 0
    raise UsageError(
        f"Nothing was erased. To erase without confirmation, run {options.command('forget --yes')} with the same ids."
    )


def _take_list(source: LakeOptions, copy: Site, mode: Mode | None) -> None:
    from ecom_lake.engine.forget.steps import erasure_list, refuse_unsafe_list

    lake = source.site()
    if lake.lake.url == copy.lake.url:
        raise UsageError(f"{copy.lake.url} is both the copy and the lake: name the copy with --root.")
    listed = erasure_list(lake)
    if not listed:
        raise UsageError(f"{lake.lake.url} has erased nobody: nothing to do.")
    refuse_unsafe_list(copy, lake, mode)
    listed.copy_to(copy.lake.store, copy.shop.name)


def _run(site: Site, settings: Settings, mode: Mode | None) -> list[str]:
    """Run the steps, again while another process adds an erasure; sentences about what lies outside of the tables. `mode`: in the
    place of the one that the erasures were asked for with."""
    from ecom_lake.engine.forget.steps import erasure_list

    outside = _run_once(site, settings, mode)
    while erasure_list(site).unfinished:
        outside += _run_once(site, settings, mode)
    return list(dict.fromkeys(outside))


def _run_once(site: Site, settings: Settings, mode: Mode | None) -> list[str]:
    """What lies outside of the tables is done before the erasure counts as finished."""
    from ecom_lake.engine.forget.steps import END, run, steps

    todo, outside = list(steps(site, mode)), list[str]()
    with screen.progress() as bar:
        task = bar.add_task("starting", total=len(todo))
        for name, step in todo:
            bar.update(task, description=name)
            if name == END:
                outside = forget_outside(settings, site, lambda customers: _erased_among(site, customers))
            run(site, name, step)
            bar.advance(task)
    return outside


def _erased_among(site: Site, customers: Collection[str]) -> set[str]:
    """The erased persons among some customers."""
    from ecom_lake.engine.contracts.delivered import ALIAS, PERSON
    from ecom_lake.engine.forget.steps import erasure_list

    listed = erasure_list(site)
    return {one for kind in (PERSON, ALIAS) for one in listed.listed(kind, set(customers))}
