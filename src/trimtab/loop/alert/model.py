"""What an alert is: a rule about an objective that fires, with the labels that give it its identity."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import orjson

Severity = Literal["page", "ticket"]
Status = Literal["firing", "resolved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert as the pipeline sees it. Its identity is its whole set of labels; annotations are not part of it.

    Times are ns since the Unix epoch; `ends_ns` is None while it fires. `labels` hold at least `alertname`, `severity` and
    `objective`; `annotations` what a reader needs: summary, description, runbook, links.
    """

    project: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    starts_ns: int
    ends_ns: int | None = None

    @property
    def status(self) -> Status:
        """Whether it fires."""
        return "firing" if self.ends_ns is None else "resolved"

    @property
    def fingerprint(self) -> str:
        """16 hex digits of its project and labels, the same in every process."""
        named = orjson.dumps([self.project, sorted(self.labels.items())])
        return hashlib.blake2b(named, digest_size=8).hexdigest()
