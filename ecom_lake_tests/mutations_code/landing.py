"""Wrong edits of the reading of delivered files: encodings, the header, records and fields, archives."""

from __future__ import annotations

from ecom_lake_tests.mutations_code.edit import edits_of

EDITS = (
    *edits_of(
        "engine/landing/csv_grammar.py",
        ("engine/landing/test_csv_grammar.py", "engine/landing/test_records.py"),
        ("doubled quotes stay doubled", "field[1:-1].replace('\"\"', '\"')", "field[1:-1]"),
        ("CRLF counts twice", ' - text.count("\\r\\n", start, end)', ""),
        ("a field too many spans lines", "if count > self.width and", "if count > self.width + 1 and"),
        ("a quote in a field is always stray", "if not in_sync and any(", "if any("),
        ("a record of the longest length is too long", "match.end() - at > self.longest:", "match.end() - at >= self.longest:"),
        ("a repeated header is data", "if found in self.header else", "if found == self.header else"),
        ("undecodable bytes are data", "if _ESCAPED.search(text, at, match.end()):", "if _ESCAPED.search(text, at, at):"),
        ("an open quote takes whole lines", "if self._holds_a_whole_line(text, first_line, here):", "if count > 2 * self.width:"),
        ("an unclosed quote at the end waits", "if last or (first_line and", "if last and (first_line and"),
    ),
    *edits_of(
        "engine/landing/records.py",
        ("engine/landing/test_records.py",),
        (
            "records are counted from 0",
            "np.arange(self._count + 1, self._count + rows + 1,",
            "np.arange(self._count, self._count + rows,",
        ),
        ("each piece starts at record 1", "        self._count += rows\n", ""),
        (
            "a last record without a line end is lost",
            "yield from self._read(rest, last=True)",
            "yield from self._read(rest, last=False)",
        ),
        ("lines before a reject count twice", "                counted = at\n", ""),
        ("a rejected record is kept whole", "text[at : min(found.end, at + KEPT_CHARACTERS)]", "text[at : found.end]"),
        ("a skipped line is not counted", "        self._line += 1\n", ""),
        (
            "a piece ends within a CRLF",
            'self._piece_size + (text[self._piece_size - 1 : self._piece_size + 1] == b"\\r\\n")',
            "self._piece_size",
        ),
    ),
    *edits_of(
        "engine/landing/arrow_reader.py",
        ("engine/landing/test_records.py",),
        ("the word NULL is empty", 'null_values=[""]', 'null_values=["", "NULL"]'),
        ("a quoted empty text is a text", "quoted_strings_can_be_null=True", "quoted_strings_can_be_null=False"),
        ("CRLF counts twice", " - np.count_nonzero(returns[:-1] & feeds[1:])", ""),
        ("a piece ends within quotes", "        if before % 2 == 0:", "        if before >= 0:"),
        (
            "repeated headers are not looked for",
            "(pl.Series(columns[place]) == field).any()",
            "(pl.Series(columns[place]) == field).all()",
        ),
    ),
    *edits_of(
        "engine/landing/encodings.py",
        ("engine/landing/test_encodings.py",),
        ("a CRLF is cut in two", 'if block.endswith(b"\\r") and', 'if block.endswith(b"\\r\\n") and'),
        ("the byte order mark is text", "        file.seek(encoding.mark)", "        file.seek(0)"),
        ("half a character is lost", "    if decoder.getstate()[0]:\n        yield HALF_A_CHARACTER\n", ""),
        (
            "the byte orders are mixed up",
            'low < 0.1 * half:\n        return "utf-16-le"',
            'low < 0.1 * half:\n        return "utf-16-be"',
        ),
        ("a few wrong bytes make it cp1252", "return valid - unfinished >= invalid + unfinished", "return not invalid"),
        ("only the sample decides", "_is_utf8(path) or _is_nearly_utf8(path)", "_is_utf8(path)"),
    ),
    *edits_of(
        "engine/landing/header.py",
        ("engine/landing/test_file_parser.py", "engine/landing/test_table_recognition.py"),
        ("characters count as bytes", 'size=len(text[:end].encode("utf-8", "surrogateescape")),', "size=end,"),
        (
            "the separator with the most columns",
            "key=lambda each: _score(records[each], known)",
            "key=lambda each: len(records[each].fields)",
        ),
        ("a column without a name stays so", 'or f"unnamed_{position}"', 'or ""'),
        ("columns in capitals are unknown", "name.casefold() in known or snake_case(name) in known", "name in known"),
    ),
    *edits_of(
        "engine/landing/archives.py",
        ("engine/landing/test_archives.py",),
        ("each piece alone is within the limit", "if self.unpacked > self.largest:", "if size > self.largest:"),
        ("hidden files of macOS are read", '"__MACOSX" not in parts and ', ""),
        ("reading goes on after the limit", "            if limit.is_exceeded:\n                return\n", ""),
        ("the last bytes are not written", "            copy.flush()\n", ""),
        ("packed links are read", "not in (0, stat.S_IFREG):", "not in (0, stat.S_IFREG, stat.S_IFLNK):"),
        (
            "a bomb below the limit is unpacked",
            "self.unpacked > GIB and self.unpacked > MAX_COMPRESSION * self.packed",
            "self.unpacked > MAX_COMPRESSION * self.packed * GIB",
        ),
        ("a password is damage", 'if "password" in str(error):', 'if "passphrase" in str(error):'),
    ),
    *edits_of(
        "engine/landing/file_parser.py",
        ("engine/landing/test_file_parser.py",),
        (
            "a refused file leaves its rows",
            "        target.unlink(missing_ok=True)\n        rejects.unlink(missing_ok=True)",
            "        rejects.unlink(missing_ok=True)",
        ),
        ("the header is cut from every block", "        size = max(0, size - len(block))\n", ""),
        ("rejects count lines from the header's end", "line=1 + header.lines)", "line=header.lines)"),
    ),
)
