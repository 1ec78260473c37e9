"""Which file becomes which table, and which of its columns becomes which canonical column.

Each table is made from one kind of file, the one with most of its columns. A kind may become several tables: an invoice sheet
has orders, lines, customers and products. A column is used once per kind, except ids, which several
tables share; a clue does not use it up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from ecom_lake.engine.contracts.columns import MONEY, PRICE, TIMESTAMP
from ecom_lake.engine.mapping.draft.joins import Join
from ecom_lake.engine.mapping.draft.names import EXACT
from ecom_lake.engine.mapping.draft.scores import STRONG, WEAKEST, KindScores, Score, named_after
from ecom_lake.engine.mapping.draft.targets import Targets, TargetTable

_NAMED_AFTER = 1.5
_UNIQUE = 1.5
_FOUND_BY_JOIN = 1.0
"""What a column is worth in addition if its values are in the key of the other file."""
_WELL_COVERED = 0.99
_REQUIRED = 0.05
_OF_ANOTHER = 1.5
_ENOUGH = 2
"""The columns of its own that a table must have if its key is made from another column."""
_WEAK = 0.6
_LEAST_OPTIONAL = 0.5
_ATTRIBUTE = 0.75
"""The least score of a column, other than keys, that shows that a file has a table."""


@dataclass(frozen=True)
class Assigned:
    """One table from one kind: its columns by canonical name."""

    table: TargetTable
    scores: KindScores
    columns: Mapping[str, Score]
    rivals: Mapping[str, tuple[Score, ...]]
    """For each canonical column, the other columns that would fit as well."""
    joined: Mapping[str, Join] = field(default_factory=dict)
    """For each canonical column, the key of another file that has its values."""
    same_kind: tuple[str, ...] = ()
    """The other tables that are made from the same kind."""

    @property
    def kind(self) -> str:
        return self.scores.kind.name

    @property
    def strength(self) -> float:
        return sum(score.total for score in self.columns.values())


def assign(kinds: Sequence[KindScores], targets: Targets, joins: Sequence[Join]) -> list[Assigned]:
    """The tables that the files make, in the order of the canonical tables."""
    kinds = [_with_joined_keys(scores, kinds, targets, joins) for scores in kinds]
    made = _made(kinds, targets)
    makers = {table.name: _maker(table, kinds, targets, made) for table in targets.tables}
    found: list[Assigned] = []
    for scores in kinds:
        tables = [table for table in targets.tables if makers[table.name] is scores]
        found.extend(_assign_kind(scores, _main_first(tables, scores, targets, made), targets, joins, makers, made))
    order = [table.name for table in targets.tables]
    return sorted(found, key=lambda one: order.index(one.table.name))


def _with_joined_keys(scores: KindScores, kinds: Sequence[KindScores], targets: Targets, joins: Sequence[Join]) -> KindScores:
    """The column that other files refer to is the id of a file's rows, whatever its name; so are the columns that refer to it."""
    ids = _joined_ids(kinds, targets, joins)
    mine = {(name, column) for kind, name, column in ids if kind == scores.kind.name}
    raised = [
        replace(one, by_name=EXACT, by_values=1.0, is_by_join=one.by_name < STRONG)
        if (one.target.name, one.column.name) in mine and one.by_name < EXACT
        else one
        for one in scores.scores
    ]
    scored = {(one.table, one.target.name, one.column.name) for one in raised}
    added = [
        Score(table.name, table[name], scores.kind.columns[column], EXACT, 1.0, is_precise=False, is_by_join=True)
        for name, column in sorted(mine)
        for table in targets.tables
        if name in table.names and (table.name, name, column) not in scored
    ]
    return replace(scores, scores=(*raised, *added))


def _joined_ids(kinds: Sequence[KindScores], targets: Targets, joins: Sequence[Join]) -> set[tuple[str, str, str]]:
    """Kind, id and column, on both sides of the joins that show an id: nearly all values are found, and a name fits somewhat."""
    named = {one.kind.name: one for one in kinds}
    found: set[tuple[str, str, str]] = set()
    for join in joins:
        if join.coverage < _WELL_COVERED or named[join.kind].kind.columns[join.column].values == "number":
            continue
        known = [one for one in named[join.kind].scores if one.column.name == join.column and one.target.name in targets.ids]
        owners = [table for table in targets.tables if len(table.key) == 1 and table.key[0] in targets.ids]
        owned = {table.key[0] for table in owners if table.name in named_after(join.other, targets)}
        best = max(known, key=lambda one: one.total, default=None)
        if best is None and (owner := _owner_by_attributes(named[join.other], owners)):
            found |= {(join.kind, owner.key[0], join.column), (join.other, owner.key[0], join.key)}
        if best is None or (best.total < STRONG and not _has_attributes(named[join.other], best.target.name, owners)):
            continue
        if not owned or best.target.name in owned:
            found |= {(join.kind, best.target.name, join.column), (join.other, best.target.name, join.key)}
    return found


def _owner_by_attributes(scores: KindScores, owners: Sequence[TargetTable]) -> TargetTable | None:
    """The table that a file with an id of unknown name is: the one of which it has the most columns, and several."""
    counts = {owner.name: _attributes(scores, owner) for owner in owners}
    best = max(owners, key=lambda owner: counts[owner.name], default=None)
    return best if best is not None and counts[best.name] >= _ENOUGH else None


def _has_attributes(scores: KindScores, name: str, owners: Sequence[TargetTable]) -> bool:
    """Whether a file has several columns of the table whose key is the id."""
    table = next((one for one in owners if one.key[0] == name), None)
    return table is not None and _attributes(scores, table) >= _ENOUGH


def _attributes(scores: KindScores, table: TargetTable) -> int:
    fitting = (one for one in scores.scores if one.table == table.name and one.total >= STRONG and not one.target.is_clue)
    return len({one.column.name for one in fitting})


def _made(kinds: Sequence[KindScores], targets: Targets) -> set[str]:
    """The required columns that no file has, so that they are made: the id of orders, and the time of a shop without dates."""
    amounts = targets.amounts
    best = [found.total for scores in kinds if (found := scores.best(amounts.orders, amounts.order_key))]
    has_order_key = max(best, default=0.0) >= STRONG
    has_dates = any(column.dates for scores in kinds for column in scores.kind.columns.values())
    times = {name for name in targets[amounts.orders].required if targets[amounts.orders][name].column.kind == TIMESTAMP}
    return ({amounts.order_key} if not has_order_key else set()) | (times if not has_dates else set())


def _maker(table: TargetTable, kinds: Sequence[KindScores], targets: Targets, made: Set[str]) -> KindScores | None:
    """The kind that a table is made from; None if no file has it."""
    strengths = {position: _strength(table, scores, targets, made) for position, scores in enumerate(kinds)}
    best = max(strengths, key=lambda position: strengths[position], default=None)
    return kinds[best] if best is not None and strengths[best] > 0 else None


def _strength(table: TargetTable, scores: KindScores, targets: Targets, made: Set[str]) -> float:
    """0 if a required column can neither be found nor made."""
    required = [name for name in table.required if not _can_be_made(table, name, scores, targets, made)]
    candidates = {name: scores.best(table.name, name) for name in table.names}
    if any((found := candidates[name]) is None or found.total < WEAKEST for name in required):
        return 0.0
    if _repeats_the_lines(table, candidates, scores, targets, made):
        return 0.0
    key = [found.column.name for name in table.key if (found := candidates[name]) and found.total >= STRONG]
    is_unique = len(key) == len(table.key) and scores.kind.is_unique(tuple(dict.fromkeys(key)))
    own = _distinguishing(table, candidates, is_unique, targets)
    named_otherwise = [
        name
        for name in table.key
        if table.made.get(name, "nth()") not in ("nth()", targets.amounts.order_key)
        and not ((found := candidates[name]) and found.total >= STRONG)
    ]
    is_of_another = bool(named_after(scores.kind.name, targets) - {table.name})
    is_own_file = table.name in named_after(scores.kind.name, targets)
    has_lines = table.name != targets.amounts.table and _strength(targets[targets.amounts.table], scores, targets, made) > 0
    needs_more = bool(named_otherwise) and not (has_lines and _is_made_of_own(table, named_otherwise))
    if _has_amounts_of_orders(table, targets) and not is_own_file and not _says_more_than_amounts(table, candidates):
        return 0.0
    if len(own) < (_ENOUGH if needs_more else 1) and table.name != targets.amounts.orders:
        return 0.0
    found_required = sum(1 for name in table.required if (found := candidates[name]) and found.total >= STRONG)
    return sum(own) + found_required - _OF_ANOTHER * is_of_another + _UNIQUE * is_unique + _NAMED_AFTER * is_own_file


def _is_made_of_own(table: TargetTable, names: Iterable[str]) -> bool:
    """Whether key columns are made from other columns of the same table: a product without a number from its name."""
    return all(source in table.names and not table[source].is_clue for name in names for source in sources_of(table.made[name]))


def _says_more_than_amounts(table: TargetTable, candidates: Mapping[str, Score | None]) -> bool:
    """Whether a file has a column of the table that is neither an amount nor a time nor a part of the key, such as the method."""
    others = [name for name in table.names if name not in table.key and table[name].column.kind not in (MONEY, PRICE, TIMESTAMP)]
    return any(
        (found := candidates[name]) is not None and found.total >= _ATTRIBUTE and not found.target.is_clue for name in others
    )


def _has_amounts_of_orders(table: TargetTable, targets: Targets) -> bool:
    """Whether a table, such as payments, needs an amount of an order: the total of an order alone is no payment."""
    amounts = targets.amounts
    if amounts.order_key not in table.key or table.name in (amounts.table, amounts.orders):
        return False
    return any(table[name].column.kind in (MONEY, PRICE) for name in table.required)


def _repeats_the_lines(
    table: TargetTable, candidates: Mapping[str, Score | None], scores: KindScores, targets: Targets, made: Set[str]
) -> bool:
    """Whether a table of amounts of the order, such as payments, would get the amounts of its lines."""
    amounts = targets.amounts
    if table.name in named_after(scores.kind.name, targets) or not _has_amounts_of_orders(table, targets):
        return False
    needed = [found for name in table.required if (found := candidates[name]) and found.target.column.kind in (MONEY, PRICE)]
    is_of_lines = any(scores.levels.get(found.column.name) == "line" for found in needed)
    return is_of_lines and _strength(targets[amounts.table], scores, targets, made) > 0


def _distinguishing(table: TargetTable, candidates: Mapping[str, Score | None], is_unique: bool, targets: Targets) -> list[float]:
    """The scores of the columns that show that a file has this table: attributes, each delivered column once.

    An attribute that other tables have too, such as a city, shows it only in a file with one row for each row of the table."""
    common = {name for other in targets.tables if other.name != table.name for name in other.names}
    best: dict[str, float] = {}
    for name, found in candidates.items():
        if (
            found
            and name not in targets.ids
            and (is_unique or name not in common)
            and found.total >= _ATTRIBUTE
            and not found.target.is_clue
        ):
            best[found.column.name] = max(best.get(found.column.name, 0.0), found.total)
    if table.name == targets.amounts.table and not best:
        total = candidates.get(targets.amounts.line_total)
        return [total.total] if total and total.total >= _ATTRIBUTE else []
    return list(best.values())


def _can_be_made(table: TargetTable, name: str, scores: KindScores, targets: Targets, made: Set[str]) -> bool:
    amounts = targets.amounts
    if name in made or (table.name == amounts.orders and name in table.made):
        return True
    if how := table.made.get(name):
        return how in ("nth()", amounts.order_key) or any(_is_there(source, scores, targets) for source in sources_of(how))
    if (table.name, name) == (amounts.table, amounts.price):
        total = scores.best(table.name, amounts.line_total)
        return total is not None and total.total >= WEAKEST
    return False


def sources_of(how: str) -> list[str]:
    """The columns or clues from which a required column is made: `hashed(email)`, or `name | category`."""
    return how.removeprefix("hashed(").removesuffix(")").split(" | ")


def _is_there(source: str, scores: KindScores, targets: Targets) -> bool:
    return any(one.target.name == source and one.total >= STRONG for one in scores.scores)


def _main_first(tables: Iterable[TargetTable], scores: KindScores, targets: Targets, made: Set[str]) -> list[TargetTable]:
    """Orders, then the table that the file is mainly about: the first gets the columns that are named without a table."""
    return sorted(tables, key=lambda table: (table.name != targets.amounts.orders, -_strength(table, scores, targets, made)))


def _assign_kind(
    scores: KindScores,
    tables: Sequence[TargetTable],
    targets: Targets,
    joins: Sequence[Join],
    makers: Mapping[str, KindScores | None],
    made: Set[str],
) -> list[Assigned]:
    ids = set(targets.ids)
    joined = {table.name: _joined(scores, table, joins, makers, targets) for table in tables}
    names = {table.name for table in tables}
    strong = {one.column.name for one in scores.scores if (one.table in names or one.target.is_clue) and one.total >= STRONG}
    candidates = [
        (_worth(one, table) + (_FOUND_BY_JOIN if one.target.name in found else 0.0), -rank, one)
        for rank, table in enumerate(tables)
        for one in scores.scores
        if one.table == table.name and _is_candidate(one, table, strong) and not _is_made_better(one, table, scores, targets)
        for found in [{name for name, join in joined[table.name].items() if join.column == one.column.name}]
    ]
    chosen: dict[tuple[str, str], Score] = {}
    used: dict[tuple[str, str], set[str]] = {}
    for _, _, one in sorted(candidates, key=lambda candidate: candidate[:2], reverse=True):
        place, owners = (
            (one.table, one.target.name),
            used.setdefault((one.column.name, one.table if one.target.is_clue else ""), set()),
        )
        is_shared = one.target.name in ids and owners <= ids and (one.target.name in owners or not owners)
        if place in chosen or (owners and not is_shared):
            continue
        chosen[place] = one
        owners.add(one.target.name)
    _share_ids(chosen, tables, ids)
    assigned = [_assigned(table, scores, chosen, joined[table.name]) for table in tables]
    complete = [
        one
        for one in assigned
        if all(name in one.columns or _can_be_made(one.table, name, scores, targets, made) for name in one.table.required)
    ]
    complete = [one for one in complete if _is_informative(one, targets)]
    made_here = [one.table.name for one in complete]
    return [replace(one, same_kind=tuple(name for name in made_here if name != one.table.name)) for one in complete]


def _is_informative(assigned: Assigned, targets: Targets) -> bool:
    """Whether a table has more than ids and clues: lines a price or a total, orders nothing more."""
    amounts = targets.amounts
    if assigned.table.name == amounts.table:
        return amounts.price in assigned.columns or amounts.line_total in assigned.columns
    more = [name for name, one in assigned.columns.items() if name not in targets.ids and not one.target.is_clue]
    return assigned.table.name == amounts.orders or bool(more)


def _share_ids(chosen: dict[tuple[str, str], Score], tables: Sequence[TargetTable], ids: Set[str]) -> None:
    """What is the id of a product for one table of a file is it for the other tables of the file."""
    for name in ids:
        found = [chosen[table.name, name] for table in tables if (table.name, name) in chosen]
        for table in tables:
            if found and name in table.names and (table.name, name) not in chosen:
                best = max(found, key=lambda score: score.total)
                chosen[table.name, name] = replace(best, table=table.name, target=table[name])


def _worth(score: Score, table: TargetTable) -> float:
    """A required column is looked for before an optional one with as good a name."""
    return score.total + (_REQUIRED if score.target.name in table.required else 0.0)


def _is_candidate(score: Score, table: TargetTable, strong: Set[str]) -> bool:
    """A weak match counts only for a column that nothing else fits; a very weak one only where the table needs it."""
    if score.total >= _WEAK:
        return True
    least = WEAKEST if score.target.name in table.required else _LEAST_OPTIONAL
    return score.total >= least and score.column.name not in strong


def _is_made_better(score: Score, table: TargetTable, scores: KindScores, targets: Targets) -> bool:
    """Whether an id with a weak name can be made from another column, such as an e-mail address."""
    how = table.made.get(score.target.name)
    if how is None or score.target.name not in targets.ids or score.total >= STRONG or table.name != targets.amounts.orders:
        return False
    return any(_is_there(source, scores, targets) for source in sources_of(how))


def _assigned(
    table: TargetTable, scores: KindScores, chosen: Mapping[tuple[str, str], Score], joined: Mapping[str, Join]
) -> Assigned:
    columns = {name: chosen[table.name, name] for name in table.names if (table.name, name) in chosen}
    rivals = {
        name: tuple(
            other
            for other in scores.of(table.name, name)
            if other.column.name != one.column.name and other.total >= one.total - 0.1 and other not in chosen.values()
        )
        for name, one in columns.items()
    }
    kept = {name: join for name, join in joined.items() if name in columns and columns[name].column.name == join.column}
    return Assigned(table, scores, columns, rivals, kept)


def _joined(
    scores: KindScores,
    table: TargetTable,
    joins: Sequence[Join],
    makers: Mapping[str, KindScores | None],
    targets: Targets,
) -> dict[str, Join]:
    """The best join for each id of the table: to the key of the file that the id's own table is made from."""
    found: dict[str, Join] = {}
    for other in targets.tables:
        maker = makers[other.name]
        if maker is None or maker is scores or len(other.key) != 1 or other.key[0] not in table.names:
            continue
        key = maker.best(other.name, other.key[0])
        for join in joins:
            fits = (join.kind, join.other) == (scores.kind.name, maker.kind.name) and key and join.key == key.column.name
            if (
                fits
                and other.key[0] not in found
                and any(one.column.name == join.column for one in scores.of(table.name, other.key[0]))
            ):
                found[other.key[0]] = join
    return found
