"""A fact that a rule found, and the message about it.

Texts come from data that others deliver: `one_line` makes them harmless for headers and titles; each channel escapes for its
format.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from ecom_lake.engine.alerts import Rule
from ecom_lake.visible import visible

LONGEST_TITLE, LONGEST_TEXT = 200, 4_000


@dataclass(frozen=True)
class Fact:
    """Something that a rule found."""

    rule: str
    """Its name in lake.toml."""
    about: str
    """What the fact is about: a month and a KPI, a release and a step … A fact that is about the same is not sent again."""
    title: str
    """The fact in one sentence."""
    details: tuple[str, ...] = ()
    """Further sentences: the reason, what to do."""
    options: Rule = field(default_factory=Rule)
    """The settings of the rule, which name the channels."""


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes
    type: str
    """Its MIME type."""


@dataclass(frozen=True)
class Message:
    """What a channel sends."""

    shop: str
    rule: str
    key: str
    """The same for each try to send the same message, so that its receiver can ignore a repetition."""
    title: str
    text: str
    release: int | None
    """The release that readers saw; None before the first one."""
    attachments: tuple[Attachment, ...] = ()


def message_of(fact: Fact, shop: str, release: int | None) -> Message:
    digest = hashlib.blake2b("\x1f".join((shop, fact.rule, fact.about)).encode(), digest_size=12).hexdigest()
    seen = f"Readers see release {release}." if release else "Nothing was released yet."
    text = "\n".join(one_line(sentence, LONGEST_TEXT) for sentence in (fact.title, *fact.details, seen))
    return Message(
        shop=shop,
        rule=fact.rule,
        key=f"{fact.rule}-{digest}",
        title=one_line(f"[{shop}] {fact.title}", LONGEST_TITLE),
        text=text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…",
        release=release,
    )


def one_line(text: str, longest: int) -> str:
    """The text in one line, without characters that control a terminal, a header or the direction of writing."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
