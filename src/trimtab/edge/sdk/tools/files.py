"""What a contract needs on this machine: its text, a ledger that survives, a secret that stays the same."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from trimtab.edge.audit import AuditLog, MakeKey, Payloads, Writer
from trimtab.edge.runtime import (
    Budget,
    File,
    Ledger,
    MemoryLedger,
    Runtime,
    SqliteBudget,
    SqliteLedger,
    advisers_of,
)
from trimtab.edge.sdk.lineage.context import HERE
from trimtab.edge.sdk.settings import state_folder
from trimtab.edge.sdk.tools.ask import Ask
from trimtab.edge.sdk.tools.bound import Bound
from trimtab.edge.sdk.tools.registry import FUNCTIONS
from trimtab.edge.sdk.tools.tell import tell_attempt
from trimtab.edge.sdk.warn import warn_once
from trimtab.vocabulary.contract import Contract, Tally, contract_at
from trimtab.vocabulary.kernel import Clock, Invalid, SystemClock, TrimtabError

SECRET_BYTES = 32
LEDGER_HINT = "name a file that can be written with ledger=..., or ledger=False to remember nothing"


def open_contract(contract: object, options: Mapping[str, Any], env: Mapping[str, str]) -> Bound:
    """The contract of a file, at work; raises `Rejected` or `Invalid` where it, or what it needs, cannot be used."""
    try:
        return opened(contract, options, env)
    except TrimtabError as error:
        error.add_note(error.hint)  # nobody but the traceback will show it
        raise


def opened(contract: object, options: Mapping[str, Any], env: Mapping[str, str]) -> Bound:
    """The contract, its ledger and its secret, put together."""
    found = contract if isinstance(contract, Contract) else contract_at(Path(str(contract)))
    clock: Clock = options.get("clock") or SystemClock()
    folder = state_folder(env) / "contracts" / found.agent
    ledger, budget = records(found, options.get("ledger"), folder, clock)
    secret = secret_of(options.get("secret") or env.get("TRIMTAB_SECRET", ""), ledger, folder)
    audit = audit_of(found, options, folder, (secret, clock))
    runtime = Runtime(
        found,
        FUNCTIONS,
        secret=secret,
        ledger=ledger,
        budget=budget,
        clock=clock,
        watch=tell_attempt,
        audit=audit,
        advisers=(*advisers_of(found), *options.get("advisers", ())),
        **pauses(options.get("clock")),
    )
    ask: Ask | None = None if options.get("ask") == "server" else options.get("ask")
    return Bound(found, runtime, clock, ask, audit)


def audit_of(
    contract: Contract, options: Mapping[str, Any], folder: Path, own: tuple[bytes, Clock]
) -> AuditLog | None:
    """The audit log: where the user says, and without a word only where a tool cannot be taken back."""
    given = options.get("audit")
    if given is False or (
        given is None and not any(one.effect == "irreversible" for one in contract.tools.values())
    ):
        return None
    make_key: MakeKey | None = options.get("audit_key")
    secret, clock = own
    place = Path(str(given)) if given not in (None, True) else folder / "audit"
    log = AuditLog(
        Writer(place, contract.agent, clock, make_key=make_key),
        clock,
        secret,
        release=str(options.get("version") or options.get("bundle") or ""),
        whose=whose,
    ).warning(warn_once)
    if vault := options.get("audit_vault"):
        log.sealing(Payloads(place, vault))
    return log if options.get("clock") else log.watching()


def whose() -> tuple[str, str]:
    """The trace and the step that we are in."""
    place = HERE.get()
    return ("", "") if place is None else (place.trace_id, place.span_id)


def pauses(played: Any) -> dict[str, Any]:
    """How to wait by a clock that is played: it moves on; None waits as the machine does."""
    if played is None:
        return {}

    async def sleep(seconds: float) -> None:
        played.advance(seconds)

    return {"sleep": played.advance, "sleep_async": sleep}


def records(contract: Contract, given: object, folder: Path, clock: Clock) -> tuple[Ledger, Budget]:
    """The ledger and the budgets: a file's, in memory for False, or those of another store that the user gives."""
    if given is False or (given is None and not any(one.writes for one in contract.tools.values())):
        return MemoryLedger(), Tally()
    if given is not None and not isinstance(given, str | Path):
        return kept_by(given)
    path = folder / "ledger.db" if given is None else Path(given)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = File(path)
    except Exception as error:
        raise Invalid(f"the ledger {path} cannot be opened: {error}", hint=LEDGER_HINT) from error
    return SqliteLedger(file), SqliteBudget(file, clock)


def kept_by(given: Any) -> tuple[Ledger, Budget]:
    """What another store keeps: one object that is both, or a pair of a ledger and budgets."""
    pair = cast("tuple[Any, Any]", given) if isinstance(given, tuple) else (given, given)
    return pair[0], pair[1] if hasattr(pair[1], "reserve") else Tally()


def secret_of(given: object, ledger: Ledger, folder: Path) -> bytes:
    """What makes keys of work that nobody can guess; the same after a restart, for the ledger outlives it."""
    if given:
        return given if isinstance(given, bytes) else str(given).encode()
    if isinstance(ledger, MemoryLedger):
        return secrets.token_bytes(SECRET_BYTES)
    if not isinstance(ledger, SqliteLedger):
        raise Invalid(
            "a ledger that processes share needs one secret for all of them", hint="set TRIMTAB_SECRET"
        )
    path = folder / "secret"
    try:
        return kept_secret(path)
    except OSError as error:
        raise Invalid(f"the secret {path} cannot be kept: {error}", hint="set TRIMTAB_SECRET") from error


def kept_secret(path: Path) -> bytes:
    """The secret of a file that only this user can read; made once, also where two processes begin together."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_bytes()
