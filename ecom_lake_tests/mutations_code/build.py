"""Wrong edits of the steps of a build: bronze, silver, gold, release, and what keeps a lake small and intact."""

from __future__ import annotations

from ecom_lake_tests.mutations_code.edit import edits_of

EDITS = (
    *edits_of(
        "engine/build/bronze/ingest.py",
        ("engine/build/bronze/test_ingest.py",),
        ("a file that changes during the read is stored", "if now.get(info.path) == info.stamp]", "if info.path in now]"),
        ("one content twice in a file", "digest in hashes or (only", "(only"),
        (
            "new code does not read again",
            "(before.stamp, before.reader) == (info.stamp, _reader(site))",
            "before.stamp == info.stamp",
        ),
        (
            "rejects count as rows",
            "    rejected = replace(parsed.made, rows=parsed.made.delivery.rejected)",
            "    rejected = parsed.made",
        ),
        ("a removed file still warns", "if file.delivery and file.delivery.content_hash in in_landing:", "if file.delivery:"),
        (
            "another ingest's content is stored again",
            "        if former and (former.table == arrival.table or not delivery.sequence):\n            continue\n",
            "",
        ),
        ("the first refusals, without the last", "[*refused[: _REFUSALS - 1], refused[-1],", "[*refused[:_REFUSALS],"),
    ),
    *edits_of(
        "engine/build/bronze/merging.py",
        ("engine/build/bronze/test_merging.py",),
        ("merged again, a delivery loses its first hash", "first_hash=file.content)", "first_hash=file.hash)"),
        (
            "rows of other deliveries are merged too",
            "        return rows.filter(pl.col(SEQUENCE).is_in(sequences))",
            "        return rows",
        ),
        ("a delivery that changed meanwhile is overwritten", "if now.get(part) == before[part]}", "if part in now}"),
        (
            "columns that differ in case are merged",
            "    if len({column.casefold() for column in rows.columns}) < rows.width:",
            "    if not rows.width:",
        ),
        (
            "merged files grow without limit",
            "if file[0][1].bytes >= _SMALL or size > _LARGEST:",
            "if file[0][1].bytes >= _SMALL:",
        ),
        (
            "a damaged file is merged",
            "    if any(site.lake.damage_read(file) for places in files for _, file in places[:1]):",
            "    if not files:",
        ),
    ),
    *edits_of(
        "engine/build/bronze/delivered_rows.py",
        ("engine/build/bronze/test_delivered_rows.py", "engine/build/bronze/test_merging.py"),
        ("a shared file gives all of its deliveries", "if len(sequences) < len(paths):", "if not paths:"),
        (
            "replaced deliveries are not noticed",
            "    return since if known.version(table) == version else None",
            "    return since",
        ),
        ("no batch of no rows", "range(0, max(total, 1), BATCH)", "range(0, total, BATCH)"),
        ("the last batch is lost", "range(0, max(total, 1), BATCH)", "range(0, max(total - BATCH, 1), BATCH)"),
    ),
    *edits_of(
        "engine/build/silver/settle.py",
        ("engine/build/silver/test_make_silver.py",),
        ("the first version wins", "pl.col(name).shift(-1)", "pl.col(name).shift(1)"),
        ("lines of an order supersede each other", "pl.any_horizontal(", "pl.all_horizontal("),
    ),
    *edits_of(
        "engine/build/silver/placement.py",
        ("engine/build/silver/test_make_silver.py", "shop/canonical/test_order_index.py"),
        ("lines of refused orders wait for ever", "is_refused = has_no_id | pl.col", "is_refused = has_no_id & pl.col"),
        (
            "refused lines stay after their order came",
            'earlier.refused.join(orders.index, left_on="value", right_on="order_id", how="anti"),',
            "earlier.refused,",
        ),
        ("superseded orders of before are forgotten", "Counter(earlier.superseded) + Counter(", "Counter("),
        ("orders after the last month count", 'inside = good["month"].is_in(months)', 'inside = good["month"] >= min(months)'),
        (
            "waiting lines are forgotten",
            'pl.concat([earlier.pending.lazy().select("order_id", *LINEAGE), delivered])',
            "delivered",
        ),
    ),
    *edits_of(
        "engine/build/silver/changed_months.py",
        ("engine/build/silver/test_changed_months.py", "engine/build/silver/test_months.py"),
        ("a corrected order changes no month", 'columns = ("order_id", *LINEAGE) if', 'columns = ("order_id",) if'),
        ("a delivery that is read in part is not read", "if accounted[sequence] != rows}", "if not accounted[sequence]}"),
        ("replaced lookup rows are not noticed", "                unknown |= months", "                pass"),
        (
            "every new lookup row changes its months",
            'return now.join(before, on=columns, how="anti", nulls_equal=True)',
            "return now",
        ),
        ("new lookup rows change no month", "found |= months & _months_that_look_up(", "found |= set() & _months_that_look_up("),
    ),
    *edits_of(
        "engine/build/silver/months.py",
        (
            "engine/build/silver/test_months.py",
            "engine/build/silver/test_make_silver.py",
            "engine/build/silver/test_changed_months.py",
        ),
        ("new code rebuilds no month", "return month in self.by_code and Mark.of(file).code != self.code", "return False"),
        (
            "the index's quarantine is deleted",
            "for part in gone(entry, refuse, parts) if part.month}",
            "for part in gone(entry, refuse, parts)}",
        ),
        (
            "looked-up rows are not in the digest",
            "        found |= {month: found[month] ^ digest for month, digest in its_rows.items()}\n",
            "",
        ),
        (
            "replaced deliveries rebuild no month",
            "(was.rows, was.deliveries) != (mark.rows, mark.deliveries)",
            "was.rows != mark.rows",
        ),
        (
            "superseded lines are not accounted for",
            "placed += settled.good.height + settled.refused.height + settled.superseded.height",
            "placed += settled.good.height + settled.refused.height",
        ),
    ),
    *edits_of(
        "engine/build/silver/parts.py",
        ("engine/build/silver/test_make_silver.py",),
        (
            "the first lookup row wins",
            'unique(lookup.on, keep="last", maintain_order=True)',
            'unique(lookup.on, keep="first", maintain_order=True)',
        ),
    ),
    *edits_of(
        "engine/build/release/acceptance.py",
        ("engine/build/release/test_acceptance.py",),
        (
            "exactly the allowed share is too much",
            'if row["failed"] <= limit * row["rows"] or',
            'if row["failed"] < limit * row["rows"] or',
        ),
        ("a file that was removed still blocks", ' or (known is None and row["content_hash"] not in landed):', ":"),
        (
            "only a table that never had a file is refused",
            "entry.parts(bronze).keys() <= shown.parts(bronze).keys()",
            "not entry.parts(bronze)",
        ),
        ("a refused file that changed passes", " and before.hash == landed.hash)", ")"),
        ("a damaged archive that changed passes", "(bool(landed.hash) and before.hash", "(True and before.hash"),
        ("failed rows of the last release block again", "if known is None or known", "if known is None or not known"),
    ),
    *edits_of(
        "engine/build/release/identities.py",
        ("engine/build/release/test_identities.py",),
        (
            "a changed table keeps its identities",
            "return bool(now.parts(table)) and now.version(table) == before.version(table)",
            "return bool(now.parts(table))",
        ),
        ("settings do not enter the digest", "site.shop.numbers, queries, versions)", "queries, versions)"),
        ("a full build trusts the last release", "if entry.release is None or site.full:", "if entry.release is None:"),
    ),
    *edits_of(
        "engine/build/release/plain_view.py",
        ("engine/build/release/test_plain_view.py",),
        (
            "an interrupted view looks complete",
            '    _record(site, {"release": released.number, "whole": False, "files": {}})\n',
            "",
        ),
        ("single files are deleted", "set(existing) - set(wanted) - set(singles)", "set(existing) - set(wanted)"),
        (
            "a truncated file is not copied again",
            "(known.get(p), existing.get(p)) != (file.hash, file.bytes)",
            "known.get(p) != file.hash",
        ),
        (
            "an incomplete record is trusted",
            'isinstance(recorded, dict) and recorded.get("whole") else',
            "isinstance(recorded, dict) else",
        ),
    ),
    *edits_of(
        "engine/build/gold/make_gold.py",
        ("engine/build/gold/test_make_gold.py",),
        (
            "changed inputs rebuild no table",
            "and (snapshots.is_snapshot(site, entry, how) or current.inputs == inputs.versions)",
            "and True",
        ),
        (
            "a blocked table is committed",
            "        if any(check.blocks for table_checks in checks.values() for check in table_checks):",
            "        if not made:",
        ),
        ("a full build keeps tables", "must_rebuild = site.full or len(current)", "must_rebuild = len(current)"),
    ),
    *edits_of(
        "engine/build/gold/by_month.py",
        ("engine/build/gold/test_by_month.py",),
        (
            "changed narrow inputs are not noticed",
            "        and all(file.inputs.get(read) == entry.version(read) for read in narrow)\n",
            "",
        ),
        ("months outside the shop stay", "{**gone(entry, table.id, map(part_of, months)), **kept, **made}", "{**kept, **made}"),
        ("a full build keeps months", "if site.full or _mark_of(", "if _mark_of("),
        (
            "a blocked month is committed",
            "    if any(check.blocks for check in checks):\n        return Outcome(",
            "    if not checks:\n        return Outcome(",
        ),
    ),
    *edits_of(
        "engine/build/gold/snapshots.py",
        ("engine/build/gold/test_snapshots.py",),
        ("a new as-of date runs no model", "        if file.as_of != as_of:", "        if file.as_of is None:"),
        ("new code runs no model", "        if not file.fingerprint.startswith(definition):", "        if not file.fingerprint:"),
    ),
    *edits_of(
        "engine/build/maintenance/garbage.py",
        ("engine/build/maintenance/test_retention.py", "engine/build/maintenance/test_garbage.py"),
        (
            "a state ages from its beginning",
            "if state.ended is None or state.ended > now - older_than}",
            "if state.made > now - older_than}",
        ),
        ("inputs of models are deleted", "    named |= _named(site, referred_to)[0]\n", ""),
        (
            "the release of a kept state is deleted",
            "    return all_kept | {state.number for state in states if state.number in shown}",
            "    return all_kept",
        ),
        ("files of a running build are deleted", "if not spared and info.modified < now - kept_for:", "if not spared:"),
        ("half-written files of bronze stay", '        half_written = "/." in path', "        half_written = False"),
        ("files that a newer state names are deleted", 'if info.path.removeprefix(f"{site.shop.name}/") not in named]', "]"),
        (
            "records of messages go with the states",
            'kept_for = max(older_than, sent.KEPT) if path.startswith(f"{sent.SENT}/") else older_than',
            "kept_for = older_than",
        ),
        ("merged-away bronze stays", "is_merged = path in merged_away or", "is_merged = path == merged_away or"),
    ),
    *edits_of(
        "engine/build/maintenance/retention.py",
        ("engine/build/maintenance/test_retention.py",),
        (
            "only a multiple itself is due",
            "release // STATES_BETWEEN > (before or 0) // STATES_BETWEEN",
            "release % STATES_BETWEEN == 0",
        ),
        ("the oldest releases stay", "releases[-keep_releases:]", "releases[:keep_releases]"),
        ("a release was seen last when it was made", "state.ended or now)", "state.made)"),
        ("states in use are those of now", "state.made <= now - IN_USE", "state.made <= now"),
    ),
    *edits_of(
        "engine/build/step/audit.py",
        ("engine/build/step/test_audit.py",),
        ("examples show personal columns", "map(name, table.shareable)", "map(name, table.columns)"),
        ("repeated keys are not counted", "return dict(failed | Counter({KEY_UNIQUE: counts.repeated}))", "return dict(failed)"),
        ("a warning blocks", 'rule.severity == "block" and rule.name in failed]', "rule.name in failed]"),
        ("the smallest values are listed", "descending=[True, True, False]", "descending=[False, False, False]"),
    ),
)
