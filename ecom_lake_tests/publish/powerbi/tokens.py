"""A text as tokens, and a position in it: what the readers of DAX and M expressions share."""

from __future__ import annotations

import re


class Tokens:
    def __init__(self, text: str, token: re.Pattern[str], error: type[Exception]) -> None:
        """`token` names the kind of each token; those of the kind `space` are left out. `error` is raised where there is none."""
        self._tokens = list(_split(text, token, error))
        self._error = error
        self.at = 0

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        """The kind and the text of a token, without passing it; `("end", "")` after the last one."""
        at = self.at + ahead
        return self._tokens[at] if at < len(self._tokens) else ("end", "")

    def next(self) -> tuple[str, str]:
        token = self.peek()
        self.at += 1
        return token

    def expect(self, text: str) -> None:
        if (found := self.next()[1]) != text:
            raise self._error(f"expected {text}, not {found or 'the end'}")

    def expect_end(self) -> None:
        if self.peek() != ("end", ""):
            raise self._error(f"unexpected {self.peek()[1]}")


def _split(text: str, token: re.Pattern[str], error: type[Exception]) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text):
        match = token.match(text, at)
        if not match:
            raise error(f"unexpected {text[at]}")
        if match.lastgroup != "space":
            found.append((str(match.lastgroup), match.group()))
        at = match.end()
    return found
