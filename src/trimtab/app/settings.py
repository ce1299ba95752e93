"""Settings of the server: from flags, then the environment (TRIMTAB_*), then defaults."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trimtab.vocabulary.kernel import Invalid


def default_data(env: Mapping[str, str]) -> Path:
    """Where data lives unless told otherwise: TRIMTAB_DATA, else the user's data folder."""
    if found := env.get("TRIMTAB_DATA"):
        return Path(found).expanduser()
    home = env.get("XDG_DATA_HOME")
    return (Path(home) if home else Path("~/.local/share").expanduser()) / "trimtab"


def reached_at(host: str, port: int) -> str:
    """Where programs on this machine find who listens: all interfaces are no address, one of IPv6 stands in brackets."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not listened at
    return f"[{here}]:{port}" if ":" in here else f"{here}:{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set; loopback unless told otherwise.

    `state_url`: the PostgreSQL that keeps the state, else a file in the data folder does. `secrets`: which secrets routing documents may name, as patterns with commas between them: who writes such a document
    decides where the value goes. `reach`: networks inside which messages and telemetry may be sent, or `any`.
    `oidc_...`: who else says who somebody is, and what that lets them do. `public_url`: where browsers find the server, if there is a proxy before it. `requests_per_s`: of one key, 0 is no limit.
    """

    data: Path
    host: str = "127.0.0.1"
    http_port: int = 4318
    grpc_port: int = 4317
    redaction: str = "mask"
    idle_s: float = 1800.0
    max_age_s: float = 86_400.0
    settle_s: float = 10.0
    max_body_bytes: int = 32_000_000
    state_url: str = field(default="", repr=False)
    secrets: str = "env:TRIMTAB_SECRET_*"
    reach: str = ""
    public_url: str = ""
    requests_per_s: float = 100.0
    session_idle_s: float = 12 * 3600.0
    session_max_s: float = 7 * 86_400.0
    password_cost: int = 15
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = "single sign-on"
    oidc_scopes: str = "openid profile email"
    oidc_roles: str = ""
    oidc_default_role: str = ""
    idle_s_by_agent: Mapping[str, float] = field(default_factory=dict[str, float])

    @staticmethod
    def read(env: Mapping[str, str] | None = None, **flags: object) -> "Settings":
        """Settings from the environment, overridden by flags that are not None."""
        env = os.environ if env is None else env
        values: dict[str, object] = {"data": default_data(env)}
        for name, convert in CONVERT.items():
            raw = read_secret(env, name) if name in SECRET else env.get(f"TRIMTAB_{name.upper()}")
            if raw is not None:
                values[name] = parse(name, raw, convert)
        values |= {name: value for name, value in flags.items() if value is not None}
        return Settings(**values)  # type: ignore[arg-type]


SECRET = frozenset({"state_url", "oidc_client_secret"})
"""These may stand in a file that TRIMTAB_..._FILE names, as container platforms hand secrets over."""
CONVERT: dict[str, type] = {
    "state_url": str,
    "host": str,
    "http_port": int,
    "grpc_port": int,
    "redaction": str,
    "idle_s": float,
    "max_age_s": float,
    "settle_s": float,
    "max_body_bytes": int,
    "secrets": str,
    "reach": str,
    "public_url": str,
    "requests_per_s": float,
    "session_idle_s": float,
    "session_max_s": float,
    "oidc_issuer": str,
    "oidc_client_id": str,
    "oidc_client_secret": str,
    "oidc_name": str,
    "oidc_scopes": str,
    "oidc_roles": str,
    "oidc_default_role": str,
}


def read_secret(env: Mapping[str, str], name: str) -> str | None:
    """A value of the environment, or of the file that it names; raises `Invalid`."""
    variable = f"TRIMTAB_{name.upper()}"
    file = env.get(f"{variable}_FILE")
    if not file or variable in env:
        return env.get(variable)
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise Invalid(
            f"{variable}_FILE={file}: cannot be read", hint="name a file of text that the server can read"
        ) from error


def parse(name: str, raw: str, convert: type) -> object:
    """One value of the environment; raises `Invalid` that names the variable."""
    try:
        value = convert(raw)
    except ValueError as error:
        raise Invalid(
            f"TRIMTAB_{name.upper()}={raw!r} is not a {convert.__name__}", hint="correct or unset it"
        ) from error
    if name == "redaction" and value not in {"mask", "drop", "hash", "tokenise", "off"}:
        raise Invalid(f"TRIMTAB_REDACTION={raw!r} is unknown", hint="use mask, drop, hash, tokenise or off")
    return value
