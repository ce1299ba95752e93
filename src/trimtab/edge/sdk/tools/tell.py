"""What the steps say of a contract's work: decisions, attempts, and how a call ended."""

from typing import TYPE_CHECKING, Any

from trimtab.edge.sdk.lineage.context import HERE
from trimtab.edge.sdk.runtime import HELD
from trimtab.edge.sdk.steps import Step, begin
from trimtab.edge.sdk.warn import nothing, safe

if TYPE_CHECKING:
    from trimtab.edge.runtime import Attempt, Outcome
    from trimtab.vocabulary.contract import Decision

CONTRACT = "trimtab.contract"


@safe(nothing)
def tell_decision(step: Step, decision: "Decision", digest: str) -> None:
    """Tell what was decided, why, and under which contract; in mode observe, what would have been."""
    step.set(**words_of(decision, digest))


def words_of(decision: "Decision", digest: str) -> dict[str, Any]:
    """What a step says of a decision."""
    found: dict[str, Any] = {
        f"{CONTRACT}.digest": digest,
        f"{CONTRACT}.mode": decision.mode,
        f"{CONTRACT}.verdict": decision.verdict,
        f"{CONTRACT}.effect": decision.effect,
    }
    if decision.would != decision.verdict:
        found[f"{CONTRACT}.would"] = decision.would
    if decision.reasons:
        found[f"{CONTRACT}.reasons"] = ",".join(dict.fromkeys(one.code for one in decision.reasons))
        found[f"{CONTRACT}.why"] = "\n".join(one.message for one in decision.reasons)
    return found


@safe(nothing)
def tell_version(step: Step, version: int) -> None:
    """Tell which control document is obeyed; 0 is none."""
    if version:
        step.set(**{"trimtab.control.version": version})


@safe(nothing)
def tell_outcome(step: Step, outcome: "Outcome", digest: str) -> None:
    """Tell how a call ended: its certainty, where the answer came from, and what was tried."""
    if outcome.decision:
        tell_decision(step, outcome.decision, digest)
    after = outcome.after
    found: dict[str, Any] = {
        f"{CONTRACT}.status": outcome.status,
        f"{CONTRACT}.source": outcome.source if outcome.source != "tool" else None,
        f"{CONTRACT}.certainty": outcome.certainty if outcome.certainty != "unverified" else None,
        f"{CONTRACT}.attempts": len(outcome.attempts) or None,
        f"{CONTRACT}.stand_ins": ",".join(outcome.hops) or None,
        f"{CONTRACT}.key": outcome.key or None,
    }
    if outcome.suspicion.suspected:
        found[f"{CONTRACT}.suspected"] = round(outcome.suspicion.score, 2)
        found[f"{CONTRACT}.suspected.signs"] = str(outcome.suspicion)
    if after and after.reasons:
        found[f"{CONTRACT}.after"] = ",".join(dict.fromkeys(one.code for one in after.reasons))
    if after and after.would != "allow":
        found["schema_ok"] = not any(one.code == "output_schema" for one in after.reasons)
    step.set(**found)
    if outcome.status == "succeeded":
        step.set(output=outcome.value)
    else:
        step.error(outcome.code or outcome.status, outcome.message)


@safe(nothing)
def tell_kind(step: Step, error: BaseException | None) -> None:
    """Tell the kind that a tool's own error says it is of, where the step failed with it."""
    for one in (error, error.__cause__ if error else None):
        if kind := getattr(one, "error_type", ""):
            step.error(kind, str(one))
            return


@safe(nothing)
def tell_attempt(one: "Attempt | Outcome") -> None:
    """Tell of an attempt that failed, and of each that follows one, as a step below the call."""
    number = getattr(one, "number", 0)
    runtime, above = HELD.runtime, HERE.get()
    if not number or runtime is None or above is None:
        return
    attempt: Attempt = one  # type: ignore[assignment] - only attempts have a number
    if attempt.ending == "ok" and number == 1:
        return
    span = begin(runtime, "other", f"attempt {number} {attempt.tool}", above)
    now_ns = span.start_ns
    span.start_ns = now_ns - int(attempt.seconds * 1e9)
    span.tell("trimtab.attempt", number)
    span.tell("trimtab.attempt.ending", attempt.ending)
    span.tell("trimtab.attempt.retries_left", round(attempt.retry_tokens, 2))
    span.tell("trimtab.attempt.breaker", attempt.breaker)
    if attempt.ending != "ok":
        span.fail(attempt.ending, attempt.message)
    span.end(now_ns)
    runtime.hand_on(span)
