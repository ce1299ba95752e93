"""The one rule of who gets a unit of work, who may say how it ended, and what is forgotten; for every ledger."""

from dataclasses import replace

from trimtab.edge.runtime.record.model import Claim, Row, Settlement

SWEPT = 100
"""A claim that gets its work forgets at most so many rows that are over: what is kept cannot grow without end."""


def is_over(row: Row, now_ns: int) -> bool:
    """Whether it ended clearly, and long enough ago to be forgotten."""
    return row.state in ("succeeded", "failed") and row.expires_ns <= now_ns


def claimed(row: Row | None, claim: Claim) -> Row:
    """The row after a claim; `mine` where the claim got it, which must then be kept."""
    if row and is_over(row, claim.now_ns):
        row = None
    if row and row.state == "failed" and claim.again and row.fingerprint == claim.fingerprint:
        row = None
    if row is None:
        return Row(
            key=claim.key,
            fingerprint=claim.fingerprint,
            owner=claim.owner,
            session=claim.session,
            tool=claim.tool,
            args=claim.args,
            state="pending",
            sent=False,
            lease_ends_ns=claim.now_ns + claim.lease_ns,
            expires_ns=claim.now_ns + claim.ttl_ns,
            mine=True,
        )
    if row.fingerprint != claim.fingerprint:
        return replace(row, mine=False)
    over = row.state == "pending" and row.lease_ends_ns <= claim.now_ns
    if over or (row.state == "unknown" and claim.retake):
        return replace(
            row,
            state="pending",
            owner=claim.owner,
            lease_ends_ns=claim.now_ns + claim.lease_ns,
            expires_ns=claim.now_ns + claim.ttl_ns,
            mine=True,
        )
    return replace(row, mine=False)


def settled(row: Row | None, owner: str, settlement: Settlement) -> Row | None:
    """The row after somebody said how it ended; None where that is not theirs to say."""
    if row is None or row.state == "succeeded":
        return None
    own = row.state == "pending" and row.owner == owner
    if settlement.state != "succeeded" and not own:
        return None
    return replace(row, state=settlement.state, result=settlement.result, mine=False)
