"""Wrong edits of contracts: how text becomes a value, which rows a rule refuses, and when a model is published."""

from __future__ import annotations

from ecom_lake_tests.mutations_code.edit import edits_of

EDITS = (
    *edits_of(
        "engine/contracts/reading.py",
        ("engine/contracts/test_reading.py",),
        ("halves are rounded to even", 'mode="half_away_from_zero"', 'mode="half_to_even"'),
        ("a thousands separator is a decimal comma", r"([0-9]{1,2})$", r"([0-9]{1,3})$"),
        ("white space is part of a value", "    trimmed = text.str.strip_chars()", "    trimmed = text"),
        ("infinity is a number", "value.is_finite()", "value.is_not_nan()"),
        ("the second 60 exists", '_SECOND = "[0-5][0-9]"', '_SECOND = "[0-6][0-9]"'),
        ("half a second is 5 microseconds", '.str.pad_end(6, "0")', ".str.zfill(6)"),
        ("t is no flag", '("true", "t", "yes", "y", "1")', '("true", "yes", "y", "1")'),
        ("the year 2101 exists", "20[0-9]{2}|2100)", "2[01][0-9]{2})"),
        ("a date at noon is a date", "(?:[ T]00:00(?::00(?:", "(?:[ T][0-9]{2}:00(?::00(?:"),
        (
            "3.5 is an integer",
            r'r"^[+-]?[0-9]+(?:\.0*)?$").str.replace(r"\.0*$", "")',
            r'r"^[+-]?[0-9]+(?:\.[0-9]*)?$").str.replace(r"\.[0-9]*$", "")',
        ),
    ),
    *edits_of(
        "engine/contracts/conform.py",
        ("engine/contracts/test_conform.py",),
        (
            "a rule fails where it is unknown",
            "(~pl.sql_expr(rule.holds)).fill_null(False)",
            "(~pl.sql_expr(rule.holds)).fill_null(True)",
        ),
        ("warnings refuse rows", '*(rule for rule in table.rules if rule.severity == "block")]', "*table.rules]"),
        ("evidence is kept whole", ".str.head(EVIDENCE)", ""),
        ("blanks are unreadable", '(given.str.strip_chars() != "")', '(given != "")'),
        (
            "the last failed rule is named",
            "pl.when(failure.rows).then(pl.lit(number)) for number, failure in enumerate(failures))",
            "pl.when(failure.rows).then(pl.lit(number)) for number, failure in reversed(list(enumerate(failures))))",
        ),
    ),
    *edits_of(
        "engine/contracts/gate.py",
        ("engine/contracts/test_gate.py",),
        ("higher is always better", 'sign = 1 if self.direction == "higher" else -1', "sign = 1"),
        ("the interval is not asked", "return value > to_reach and worst > self.margin", "return value > to_reach"),
        ("a tie is worse", "            return value >= to_reach", "            return value > to_reach"),
        ("the worst end must reach the margin", "return best >= self.margin", "return worst >= self.margin"),
        ("one gate is enough", "all(gate.passes for gate in self.gates)", "any(gate.passes for gate in self.gates)"),
        ("nothing measured is published", "return bool(self.gates) and all(", "return all("),
        ("infinity is measured", "if value is None or not isfinite(value) else", "if value is None or value != value else"),
        ("a refused model has a baseline", "return REFUSED if self.fallback is None else BASELINE", "return BASELINE"),
        (
            "the first gate is shown, not the one that failed",
            "next((gate for gate in self.gates if not gate.passes), next(iter(self.gates), None))",
            "next(iter(self.gates), None)",
        ),
        ("the lowest candidate has no margin", "sign * self.rival_value + self.margin", "sign * self.rival_value"),
    ),
    *edits_of(
        "engine/mapping/functions.py",
        ("engine/mapping/test_run_facet.py", "engine/mapping/test_cells.py"),
        ("per() rounds down", "abs(units(b))) // nullif(2 * abs(units(b)), 0)", "0) // nullif(2 * abs(units(b)), 0)"),
        (
            "per() loses the sign",
            "(units(a) < 0) = (units(b) < 0) then 1 else -1",
            "(units(a) < 0) = (units(b) < 0) then 1 else 1",
        ),
    ),
    *edits_of(
        "engine/mapping/groups.py",
        ("engine/mapping/test_run_facet.py",),
        (
            "the last records get the cents that are left",
            "order by {rest} desc, {RECORD})",
            "order by {rest} desc, {RECORD} desc)",
        ),
        ("one cent too many", "case when {rank} <= {left} then", "case when {rank} <= {left} + 1 then"),
        (
            "without any weight nothing is shared",
            "case when {total} = 0 then {count} else {total} end",
            "case when {total} = 0 then 1 else {total} end",
        ),
    ),
    *edits_of(
        "engine/mapping/cells.py",
        ("engine/mapping/test_cells.py",),
        ("padding without a limit", "int(width) <= WIDEST", "int(width) >= 0"),
        (
            "division is allowed",
            '    elif name == "/":\n        raise SyntaxProblem("divides with /, which is not exact: write per(a, b)")\n',
            "",
        ),
        (
            "inner columns may be used",
            'if any(part.startswith("_") for part in path):',
            'if any(part.startswith("__") for part in path):',
        ),
        ("exponents are exact", ' and "e" in literal["text"].lower():', ' and "x" in literal["text"].lower():'),
    ),
)
