"""The one rule of who gets a unit of work, and who may say how it ended."""

from dataclasses import replace

from trimtab.edge.runtime.record.model import Claim, Row, Settlement


def claimed(row: Row | None, claim: Claim) -> Row:
    """The row after a claim; `mine` where the claim got it, which must then be kept."""
    over = row is not None and row.state in ("succeeded", "failed") and row.expires_ns <= claim.now_ns
    if over or (row and row.state == "failed" and claim.again and row.fingerprint == claim.fingerprint):
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
