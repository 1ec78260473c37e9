"""The steps of an erasure, in order. Each may be killed, and all of them may be run again: the result is the same.

1. The ids join the erasure list, and the log names the entry: from here on, no delivery brings the persons back.
2. Bronze and rejects are written again and committed; landed files are staged before the commit and replaced after it.
3. An ordinary build makes every table from the new bronze; models run again, because their inputs held the persons.
4. The models refer to a state without the persons, and the state is released: until then readers see the release before it.
5. All older states and every file that no kept state names go at once.

A step finds what is left to do in the list, the log and bronze, never in a file of its own (docs/decisions/0069).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial

from ecom_lake import logs
from ecom_lake.engine.build.build import steps as build_steps
from ecom_lake.engine.build.erasure.bronze_ids import hits_in, id_tables, linking
from ecom_lake.engine.build.erasure.changed_bronze import new_parts
from ecom_lake.engine.build.erasure.changed_state import stage_landing, with_changes
from ecom_lake.engine.build.erasure.landed import replace_landed
from ecom_lake.engine.build.erasure.person_rows import known_ids, mentions_of, with_owned
from ecom_lake.engine.build.erasure.unsafe_map import refuse_unsafe_map
from ecom_lake.engine.build.mapped.due_deliveries import refuse_other_key
from ecom_lake.engine.build.release.plain_view import LAYERS
from ecom_lake.engine.build.release.release import expected_tables
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.built_with import commit_made, state_to_build_on
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.build.step.watched import Step, watched
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.forget.mapped_rows import refuse_changed_rows
from ecom_lake.engine.forget.old_states import delete_older_states
from ecom_lake.engine.forget.rewrite_bronze import Rewriting
from ecom_lake.engine.forget.rewrite_landing import refuse_unread_files
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.erasure_list import ErasureList, Ids, Mode
from ecom_lake.errors import UsageError, UserError

DELETION = "older states"
END = "end"
_SETTLED = "erasure, before the release"
NewParts = Mapping[TableId, Mapping[Part, File]]


def erasure_list(site: Site, only: int | None = None) -> ErasureList:
    return ErasureList(site.lake.store, site.shop.name, site.erasure_key, only, site.former_erasure_key)


def refuse_unsafe(site: Site) -> None:
    """Raise an error if an erasure could not be carried through for this shop now."""
    head = state_to_build_on(site)
    if not head.number:
        raise UsageError(f"Shop '{site.shop.name}' has no data yet: there is nobody to forget.")
    if head.pinned:
        raise UsageError(f"Release {head.release} is pinned, and it may hold the persons: run `ecom-lake unpin` first.")
    _refuse_unread_bronze(site, head)
    if site.map is not None:
        refuse_unsafe_map(site.map)
        refuse_other_key(site)


def _refuse_unread_bronze(site: Site, head: Entry) -> None:
    """Raise an error if bronze holds a table that no kind of delivered files is read into any more: nobody is found in it."""
    read = {delivered.name for delivered in site.connector.delivered}
    if unread := sorted(
        table.name for table, parts in head.tables.items() if table.layer == "bronze" and parts and table.name not in read
    ):
        raise UserError(
            f"Bronze holds deliveries of {unread[0]}, and no kind of files has that name any more, so persons in them would not "
            "be found. Give the kind its name back, build, and run this again."
        )


def refuse_unsafe_rows(site: Site, ids: Ids, mode: Mode) -> None:
    """Raise an error if the map of a shop would make other tables once these persons are gone from its files."""
    if site.map is not None:
        head = state_to_build_on(site)
        refuse_changed_rows(Rewriting(site, head, erasure_list(site), ids, hits_in(site, id_tables(site, head), ids), mode))


def refuse_unsafe_list(copy: Site, lake: Site, mode: Mode | None = None) -> None:
    """Raise an error if the persons of the lake's erasure list could not be erased from a copy of it."""
    if copy.map is None:
        return
    head = state_to_build_on(copy)
    tables = id_tables(copy, head)
    for number in range(1, erasure_list(lake).newest + 1):
        listed = erasure_list(lake, number)
        ids = with_owned(known_ids(listed, tables), tables, linking(copy))
        refuse_unsafe_rows(copy, ids, mode or listed.entry(number).mode)


def record(site: Site, ids: Ids, mode: Mode, renews: Collection[str] | None = None) -> None:
    """Add the persons to the erasure list, listed or not, because rows of them exist. Afterwards `steps` forgets them.
    `renews`: the asked ids of persons whom the list has already, under a key that is lost."""
    erasure_list(site).add(mode, ids, again=True, renews=renews)


def steps(site: Site, mode: Mode | None = None) -> Iterator[tuple[str, Step]]:
    """The steps that are left of all erasures that are not finished. Those that are added meanwhile need the steps once more.
    `mode`: in the place of the one that each was asked for with."""
    unfinished, rewritten = erasure_list(site).unfinished, set[int]()
    yield "erasure list", partial(_fence, site)  # of the unfinished ones at least
    for number in unfinished:
        yield f"bronze without erasure {number}", partial(_rewrite, site, number, rewritten, mode)
    yield "landing", partial(_replace_landed, site)
    *made, release = build_steps(site)
    yield from made
    yield "models", partial(_settle_models, site)
    yield from ((table, step) for table, step in made if table.startswith("gold/"))  # the cards of models state their state
    yield release
    yield DELETION, partial(_delete_older_states, site)
    yield END, partial(_finish, site, rewritten)


def run(site: Site, name: str, step: Step) -> None:
    """One step; raises an error where a check fails."""
    for outcome in watched(site, name, step, alone=name == DELETION):
        if refused := [check for check in outcome.checks if check.blocks]:
            why = " ".join(f"{check.table}: {check.says}" for check in refused)
            raise UserError(f"{why} Nothing was released. Fix this, then run `ecom-lake forget --continue`.")


def forget(site: Site) -> None:
    """Run all steps that are left, again while another process adds an erasure."""
    while True:
        for name, step in steps(site):
            run(site, name, step)
        if not erasure_list(site).unfinished:
            return


def _fence(site: Site) -> list[Outcome]:
    """Name the newest erasure in the log: an ingest that was compared with an older list cannot commit any more."""
    newest = erasure_list(site).newest

    def named(head: Entry) -> Entry:
        return head if head.erasure >= newest else replace(head, erasure=newest)

    site.lake.log.commit(named, site.run, f"erasure {newest}")
    return []


def _rewrite(site: Site, number: int, rewritten: set[int], other_mode: Mode | None = None) -> list[Outcome]:
    """Erase the persons of one entry from bronze, rejects and landing, and add its number to the rewritten ones."""
    replace_landed(site)  # by the files of the erasure before: this one reads them
    every, listed = erasure_list(site), erasure_list(site, number)
    mode = other_mode or every.entry(number).mode
    head = state_to_build_on(site)
    tables = id_tables(site, head)
    ids = with_owned(known_ids(listed, tables), tables, linking(site))
    if added := every.add(mode, ids):  # rows came after the request, or an ingest listed an order
        _fence(site)
        _rewrite(site, number, rewritten, mode)
        return _rewrite(site, added.number, rewritten, mode)
    # Malformed records are compared with all entries: once `remove` has cut records of a landed file, its numbers are others.
    rewriting = Rewriting(site, head, every, ids, hits_in(site, tables, ids), mode)
    if site.map is not None:
        refuse_changed_rows(rewriting)
    if changes := rewriting.changes():
        refuse_unread_files(site, head, every)
        contents = stage_landing(site, head, changes, mentions_of(every))
        parts = new_parts(site, head, changes, contents)
        commit_made(site, lambda latest: with_changes(site, latest, head, parts, contents), f"erasure {number}, bronze")
        logs.log_event("erased", erasure=number, mode=mode, deliveries=len(changes))
    rewritten.add(number)
    return []


def _replace_landed(site: Site) -> list[Outcome]:
    replace_landed(site)  # the build that follows reads the new stamps
    return []


def _settle_models(site: Site) -> list[Outcome]:
    """Let models refer to a state of which every table is new. The state that they ran on has older tables, too."""
    log = site.lake.log
    states = {file.state for _, file in _model_files(log.head()) if file.state is not None}
    if all(log.has(state) and log.entry(state).message == _SETTLED for state in states):
        return []
    expected = set(expected_tables(site))

    def only_expected(head: Entry) -> Entry:
        kept = {table: parts for table, parts in head.tables.items() if table in expected or table.layer not in LAYERS}
        return replace(head, tables=kept)

    settled = commit_made(site, only_expected, _SETTLED)
    _refuse_older_inputs(settled)

    def referring(head: Entry) -> Entry:
        for (table, part), file in _model_files(head):
            head = head.with_parts(table, {part: replace(file, state=settled.number)})
        return head

    commit_made(site, referring, "erasure, models refer to the new state")
    return []


def _model_files(entry: Entry) -> list[tuple[tuple[TableId, Part], File]]:
    return [
        ((table, part), file)
        for table, parts in entry.tables.items()
        if table.layer == "gold"
        for part, file in parts.items()
        if file.state is not None
    ]


def _refuse_older_inputs(entry: Entry) -> None:
    for (table, _), file in _model_files(entry):
        if changed := [str(read) for read, version in file.inputs.items() if entry.version(read) != version]:
            raise UserError(f"{table} ran before {changed[0]} was made: another build runs. Run `ecom-lake forget --continue`.")


def _delete_older_states(site: Site) -> list[Outcome]:
    deleted = delete_older_states(site)
    logs.log_event("older states deleted", files=deleted)
    return []


def _finish(site: Site, rewritten: set[int]) -> list[Outcome]:
    """Finish what this run has rewritten. Another process may have added entries that it has not."""
    listed = erasure_list(site)
    for number in rewritten:
        listed.finish(number)
    return []
