"""The one error that a person is meant to read: a sentence that says what, where and what to do."""

from __future__ import annotations


class UserError(Exception):
    """Shown as its sentence alone, without a stack trace, and with a non-zero exit."""
