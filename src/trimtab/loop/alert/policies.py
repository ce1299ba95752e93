"""What error budget policies demand now: kept as actions in force for whoever carries them out, and told where they say so."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import orjson

from trimtab.loop.alert.model import Alert
from trimtab.loop.budget import (
    Action,
    Minutes,
    Objective,
    Promises,
    actions_at,
    default_policies,
    ledger_of,
)

RECORD = "actions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The record to keep (nothing where it is as it was), and the alerts that the actions in force ask for."""

    records: Mapping[str, str]
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """An action that is demanded, and since when."""

    action: Action
    since_ns: int


def policy_alerts(
    project: str,
    promises: Promises,
    objectives: Sequence[Objective],
    minutes: Mapping[str, Minutes],
    at: tuple[Mapping[str, str], int],
) -> Standing:
    """The actions in force at a time, beside those that were kept; an action that goes on keeps its beginning."""
    kept, now_ns = at
    before = {key_of(one.action): one.since_ns for one in unpack_actions(kept.get(RECORD, "[]"))}
    ledgers = [ledger_of(one, minutes[one.id]) for one in objectives]
    demanded = actions_at(promises.policies or default_policies(), ledgers, now_ns)
    found = [InForce(action=one, since_ns=before.get(key_of(one), now_ns)) for one in demanded]
    same = {key_of(one) for one in demanded} == before.keys()
    packed = orjson.dumps([asdict(one) for one in found]).decode()
    slos = {one.id: one.slo for one in objectives}
    alerts = [alert_of(project, one, slos) for one in found if one.action.act == "notify"]
    return Standing(records={} if same else {RECORD: packed}, alerts=tuple(alerts))


def key_of(action: Action) -> tuple[str, str, str]:
    """What makes an action the same one."""
    return action.act, action.risk, action.objective


def unpack_actions(kept: str) -> list[InForce]:
    """The actions that were kept."""
    return [InForce(action=Action(**row["action"]), since_ns=row["since_ns"]) for row in orjson.loads(kept)]


def alert_of(project: str, found: InForce, slos: Mapping[str, str]) -> Alert:
    """The ticket of an action that only asks to be told: one for an objective, whatever the risk."""
    action = found.action
    return Alert(
        project=project,
        labels={
            "alertname": "BudgetPolicy",
            "severity": "ticket",
            "objective": action.objective,
            "slo": slos.get(action.objective, action.objective),
            "policy": action.policy,
        },
        annotations={
            "summary": f"{action.objective}: the error budget runs low",
            "description": action.because,
        },
        starts_ns=found.since_ns,
    )
