"""The errors that a person is meant to read: a sentence that says what, where and what to do."""

from __future__ import annotations


class UserError(Exception):
    """Shown as its sentence alone, without a stack trace, and with a non-zero exit."""


class UsageError(UserError):
    """What was asked for is not there or cannot be meant: the asking is wrong, not the lake."""


class StoreError(UserError):
    """A store that cannot be reached, or does not let us in, after every try."""
