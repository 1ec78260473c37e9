"""The settings of alerts: the channels that messages go to, the rules, and the scheduled report.

Here: what `[channels.NAME]`, `[shops.NAME.alerts]` and `[shops.NAME.scheduled_report]` of lake.toml contain. Not here: reading
lake.toml and the environment (settings.py), evaluating the rules and sending (publish/alerts/).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from ecom_lake.engine.contracts.settings_model import DURATION, SettingsModel
from ecom_lake.engine.store.access import Secret

PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""The usual port by the security of the connection to a mail server."""
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_WRITTEN = {"html", "pdf", "xlsx"}


def _address(value: Any, info: ValidationInfo) -> str:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise ValueError(f"{info.field_name} must be a mail address such as lake@example.com, not {value!r}.")
    return value


def _addresses(value: Any, info: ValidationInfo) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f'{info.field_name} must be a list of mail addresses, such as ["team@example.com"], not {value!r}.')
    return tuple(_address(one, info) for one in value)


def _variable(value: Any, info: ValidationInfo) -> str:
    """The value is not repeated in the message: somebody may have written the secret itself."""
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
        raise ValueError(
            f"{info.field_name} must be the name of an environment variable, such as TEAM_WEBHOOK; the secret itself does not "
            "belong into a file."
        )
    return value


def _host(value: Any, info: ValidationInfo) -> str:
    if not isinstance(value, str) or not _HOST.fullmatch(value):
        raise ValueError(f"{info.field_name} must be the name of a mail server, such as smtp.example.com, not {value!r}.")
    return value


def _names(value: Any, info: ValidationInfo) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise ValueError(f'{info.field_name} must be a list of names, such as ["team"], not {value!r}.')
    return tuple(value)


def _formats(value: Any, info: ValidationInfo) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(one in _WRITTEN for one in value):
        raise ValueError(f'{info.field_name} must be a list of "html", "pdf" and "xlsx", not {value!r}.')
    return tuple(value)


Variable = Annotated[str, BeforeValidator(_variable)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Seconds = Annotated[int, Field(ge=1, le=120)]


# ------------------------------------------------------------------------------------------------------------- channels


class Webhook(SettingsModel, frozen=True):
    """A POST of JSON to the URL in an environment variable."""

    kind: Literal["webhook"]
    url_env: Variable
    shape: Literal["json", "slack", "teams"] = "json"
    """json: all fields; slack: what Slack, Mattermost and Rocket.Chat take; teams: an adaptive card."""
    seconds: Seconds = 20
    """The longest time that sending one message may take."""

    @property
    def variable(self) -> str:
        return self.url_env


class Mail(SettingsModel, frozen=True):
    """A mail over SMTP."""

    kind: Literal["mail"]
    host: Annotated[str, BeforeValidator(_host)]
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """None for the usual port of `security`."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    """Empty for a server that asks for no login."""
    password_env: Annotated[str, BeforeValidator(_variable)] = ""
    sender: Annotated[str, BeforeValidator(_address)]
    to: Annotated[tuple[str, ...], BeforeValidator(_addresses)]
    seconds: Seconds = 60

    @model_validator(mode="after")
    def _login_is_encrypted(self) -> Self:
        if bool(self.user) != bool(self.password_env):
            raise ValueError("user and password_env belong together: set both, or neither.")
        if self.user and self.security == "none":
            raise ValueError('security = "none" would send the password unencrypted: use "starttls" or "tls".')
        return self

    @property
    def variable(self) -> str:
        return self.password_env


class AppriseService(SettingsModel, frozen=True):
    """Any service that the library Apprise knows, by its URL in an environment variable."""

    kind: Literal["apprise"]
    url_env: Variable
    seconds: Seconds = 20

    @property
    def variable(self) -> str:
        return self.url_env


ADD_CHANNEL = (
    'add [channels.team] with kind = "webhook" and url_env = "TEAM_WEBHOOK", the environment variable with its URL '
    "(docs/alerts.md in the repository)"
)
"""What to do where lake.toml has no channel."""
KINDS: Mapping[str, type[Webhook | Mail | AppriseService]] = {"webhook": Webhook, "mail": Mail, "apprise": AppriseService}


@dataclass(frozen=True)
class Channel:
    name: str
    settings: Webhook | Mail | AppriseService
    secret: Secret
    """The URL, or the password of the mail account. Messages name its variable, and never the secret or a part of it."""


# ---------------------------------------------------------------------------------------------------------------- rules


class Rule(SettingsModel, frozen=True):
    """A rule that is on, and the channels of its messages."""

    channels: Names = ()
    """Empty for those of the shop's alerts."""


class Freshness(Rule, frozen=True):
    no_delivery: Annotated[timedelta | None, DURATION] = None
    """None: three times the median gap between deliveries, once there are enough of them."""
    no_release: Annotated[timedelta | None, DURATION] = None
    """None: the age of the release is not watched."""


class TargetRule(Rule, frozen=True):
    off_track: bool = False
    """Whether a month that still runs is also watched."""


class KpiRule(Rule, frozen=True):
    """Thresholds of a column of the months; only the last complete month is watched."""

    above: Annotated[float, Field(allow_inf_nan=False)] | None = None
    below: Annotated[float, Field(allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _has_a_threshold(self) -> Self:
        if self.above is None and self.below is None:
            raise ValueError("above or below is missing: a KPI is watched with one threshold or both.")
        return self


RULES: Mapping[str, type[Rule]] = {
    "build_failed": Rule,
    "not_released": Rule,
    "freshness": Freshness,
    "anomaly": Rule,
    "target": TargetRule,
    "model_refused": Rule,
}
"""By name. All of them are on unless lake.toml switches them off; thresholds of KPIs are in addition to these."""


@dataclass(frozen=True)
class Alerts:
    """The alerts of a shop."""

    channels: Mapping[str, Channel] = field(default_factory=dict)
    """All channels of the lake; without one, nothing is sent."""
    default: tuple[str, ...] = ()
    """The channels of rules that name none."""
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """The rules that are on, by name."""
    kpis: Mapping[str, KpiRule] = field(default_factory=dict)
    """By the column of the months."""
    report: ScheduledReport | None = None

    def of(self, rule: Rule) -> list[Channel]:
        """The channels that the messages of a rule go to."""
        return [self.channels[name] for name in rule.channels or self.default]


class ScheduledReport(SettingsModel, frozen=True):
    """The report by mail."""

    schedule: str
    channels: Names
    attach: Annotated[tuple[str, ...], BeforeValidator(_formats)] = ("html", "pdf")


@dataclass(frozen=True)
class FailedRun:
    """A run of the shop that Dagster lists as failed, as running although it records nothing any more, or as queued for long."""

    run: str
    job: str
    at: datetime
    """Its end, its last event, or its start in the queue."""
    state: Literal["failed", "silent", "queued"] = "failed"
