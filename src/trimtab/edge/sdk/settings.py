"""What `init` was told, by its words or by the environment: where to send, under which name, where to wait."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from trimtab.edge.sdk.warn import warn_once
from trimtab.edge.sdk.words import AGENT, BUNDLE, wrong_word

OPTIONS = ("log", "spool", "spool_bytes", "service", "version", "environment", "bundle", "interval_s")
CONTRACTED = ("ledger", "secret", "ask", "audit", "audit_key", "audit_vault", "control", "advisers")
PLAYED = ("clock",)
TRACES, FACTS = "/v1/traces", "/api/v1/facts"
SPOOL_BYTES, INTERVAL_S = 64_000_000, 1.0
OTEL = "OTEL_EXPORTER_OTLP_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where telemetry goes: a server (`traces`, `facts`), a file (`log`), or nowhere. `spool` None keeps nothing on disk.

    `server` is the Trimtab that the user named with a key, "" where telemetry goes to something else.
    """

    agent: str = ""
    traces: str = ""
    facts: str = ""
    server: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    log: Path | None = None
    spool: Path | None = None
    spool_bytes: int = SPOOL_BYTES
    interval_s: float = INTERVAL_S
    resource: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def silent(self) -> bool:
        """Whether there is nobody to tell."""
        return not self.traces and self.log is None


def read_settings(
    agent: str, endpoint: str, key: str, options: Mapping[str, Any], env: Mapping[str, str]
) -> Settings:
    """The user's words, else the environment's: TRIMTAB_*, else OpenTelemetry's."""
    for name in options:
        if name not in (known := (*OPTIONS, *CONTRACTED, *PLAYED)):
            warn_once(wrong_word("the option", name, known))
    agent = agent or env.get("TRIMTAB_AGENT", "")
    log = options.get("log") or env.get("TRIMTAB_LOG", "")
    traces, facts, headers, server = ("", "", (), "")
    if not log and env.get("OTEL_SDK_DISABLED", "").strip().lower() != "true":
        traces, facts, headers = target(endpoint, key, env)
        named = (endpoint or env.get("TRIMTAB_URL", "")) and (key or env.get("TRIMTAB_KEY", ""))
        server = facts.removesuffix(FACTS) if named else ""
    return Settings(
        agent=agent,
        traces=traces,
        facts=facts,
        server=server,
        headers=headers,
        log=Path(log) if log else None,
        spool=spool_of(options.get("spool"), traces, headers, env) if traces else None,
        spool_bytes=int(options.get("spool_bytes") or SPOOL_BYTES),
        interval_s=float(options.get("interval_s") or INTERVAL_S),
        resource=resource_of(agent, options, env),
    )


def target(endpoint: str, key: str, env: Mapping[str, str]) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Addresses of traces and facts, and headers of every request."""
    own = (endpoint or env.get("TRIMTAB_URL", "")).strip().rstrip("/")
    headers: dict[str, str] = {}
    if own:
        traces, start = own + TRACES, own
    else:
        traces, start = of_opentelemetry(env)
        for name in ("HEADERS", "TRACES_HEADERS"):
            headers |= pairs_in(env.get(OTEL + name, ""), lower=True)
    if key := key or env.get("TRIMTAB_KEY", ""):
        headers["authorization"] = f"Bearer {key.strip()}"
    if traces and urlsplit(traces).scheme not in ("http", "https"):
        warn_once(f"the endpoint {traces[:200]!r} is no http address: nothing is sent")
        return "", "", ()
    return traces, start + FACTS if start else "", tuple(headers.items())


def of_opentelemetry(env: Mapping[str, str]) -> tuple[str, str]:
    """OpenTelemetry's endpoint of traces, and the address it hangs on: https://opentelemetry.io/docs/specs/otel/protocol/exporter/."""
    protocol = env.get(f"{OTEL}TRACES_PROTOCOL") or env.get(f"{OTEL}PROTOCOL") or "http/json"
    base = env.get(f"{OTEL}ENDPOINT", "").strip().rstrip("/")
    traces = env.get(f"{OTEL}TRACES_ENDPOINT", "").strip() or (base + TRACES if base else "")
    if traces and protocol.strip().lower() == "grpc":
        warn_once("OTEL_EXPORTER_OTLP_PROTOCOL says grpc, which this SDK does not speak: set TRIMTAB_URL")
        return "", ""
    return traces, base or traces.removesuffix(TRACES)


def pairs_in(text: str, *, lower: bool = False) -> dict[str, str]:
    """`a=b,c=d`, percent-encoded, as OpenTelemetry writes headers and attributes."""
    found: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if equals and name.strip():
            found[name.strip().lower() if lower else name.strip()] = unquote(value.strip())
    return found


def resource_of(agent: str, options: Mapping[str, Any], env: Mapping[str, str]) -> dict[str, str]:
    """What is true of every step of the process."""
    found = pairs_in(env.get("OTEL_RESOURCE_ATTRIBUTES", ""))
    told = {
        "service.name": options.get("service") or env.get("OTEL_SERVICE_NAME"),
        "service.version": options.get("version"),
        "deployment.environment.name": options.get("environment") or env.get("TRIMTAB_ENVIRONMENT"),
        BUNDLE: options.get("bundle") or env.get("TRIMTAB_BUNDLE"),
        AGENT: agent,
        "telemetry.sdk.name": "trimtab",
        "telemetry.sdk.language": "python",
    }
    found |= {name: str(value)[:200] for name, value in told.items() if value}
    found.setdefault("service.name", agent or "agent")
    return found


def spool_of(
    given: object, traces: str, headers: tuple[tuple[str, str], ...], env: Mapping[str, str]
) -> Path | None:
    """The folder where telemetry for one server and key waits; None where the user wants none on disk."""
    told = env.get("TRIMTAB_SPOOL", "") if given is None else given
    if told is False or str(told).lower() in ("off", "0", "false"):
        return None
    if told and told is not True:
        root = Path(str(told))
    else:
        root = state_folder(env) / "spool"
    identity = "\n".join([traces, *(f"{name}:{value}" for name, value in headers)])
    return root / hashlib.sha256(identity.encode()).hexdigest()[:16]


def state_folder(env: Mapping[str, str]) -> Path:
    """Where this user's programs keep what must outlive them."""
    state = env.get("XDG_STATE_HOME") or env.get("LOCALAPPDATA") or os.path.expanduser("~/.local/state")  # noqa: PTH111
    return Path(state) / "trimtab"
