"""What goes at once after an erasure, whatever its age: all older states, and every file of the store that no kept state names.

Delivered files of bronze go too, unlike in gc (engine/build/maintenance/garbage.py): those that held the persons are named by
older states only. So do damaged entries that were set aside, scratch folders, staged landed files, serving files and the last
failure.
"""

from __future__ import annotations

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store import sent
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.erasure_list import belongs_to_list
from ecom_lake.engine.store.lake import STORE
from ecom_lake.engine.store.log import LOG
from ecom_lake.errors import UserError

PATIENCE = 60.0
"""Seconds that an erasure waits for builds and SQL sessions of this machine."""


def delete_older_states(site: Site, patience: float = PATIENCE) -> int:
    """Keep the newest state, the release, and the state that models refer to; returns how many files were deleted."""
    with site.lake.alone(patience) as is_alone:
        if not is_alone:
            raise UserError(
                f"A build or a reader uses {site.lake.url}, and its files may not be deleted under it. Stop it, or wait until it "
                "ends, then run `ecom-lake forget --continue`: the new release is there, and older states still hold the persons."
            )
        return _delete(site)


def _delete(site: Site) -> int:
    log, shop = site.lake.log, site.shop.name
    head = log.head()
    _refuse_older_release(site, head)
    kept = {head.number, head.release or head.number}
    kept |= log.manifests.states_referred_to(map(log.entry, kept)) & set(log.numbers())
    entries = [log.entry(number) for number in sorted(kept)]
    named = log.manifests.paths(entries) | {f"{shop}/{path}" for path in log.manifests.data_paths(entries)}
    named |= {f"{shop}/{LOG}/{number:08d}.json" for number in kept}
    stored = {info.path for info in site.lake.store.list(f"{shop}/{STORE}")} - named
    gone = [path for path in stored if not belongs_to_list(path, shop) and not path.startswith(f"{shop}/{sent.SENT}/")]
    site.lake.store.each(log.delete, [number for number in log.numbers() if number not in kept])
    site.lake.store.each(site.lake.store.delete, gone)
    return len(gone)


def _refuse_older_release(site: Site, head: Entry) -> None:
    """Raise an error if readers see another state than the newest one: after a rollback, it may hold the persons."""
    if head.pinned:
        raise UserError(
            f"Release {head.release} is pinned, and it may hold the persons: run `ecom-lake unpin`, then "
            "`ecom-lake forget --continue`."
        )
    released = site.lake.log.released()
    if released is None or _versions(released) != _versions(head):
        raise UserError(f"State {head.number} is not released: another run changed it. Run `ecom-lake forget --continue`.")


def _versions(entry: Entry) -> dict[TableId, str]:
    return {table: entry.version(table) for table in entry.tables}
