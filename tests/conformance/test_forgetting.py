"""What every state store does about somebody who is to be forgotten: rows stay, and fit together, without the name."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from tests.conformance.test_approval_store import request as call
from tests.conformance.test_state import erasure
from tests.support.postgres import POSTGRES, new_state
from tests.support.routing import HOUR, T0

from trimtab.adapters.sql_state import (
    SqlAlertStore,
    SqlApprovalStore,
    SqlAuditLog,
    SqlDirectiveStore,
    SqlIncidentStore,
    SqlReplies,
    SqlState,
    SqlWitnessStore,
)
from trimtab.adapters.sql_state.engine import open_engine
from trimtab.adapters.sql_state.tables import METADATA
from trimtab.loop.access import AuditEntry, KeptReply, Seen
from trimtab.loop.alert import (
    Acknowledgement,
    Alert,
    Group,
    Message,
    Silence,
    Writes,
    dedup_key,
    read_matcher,
    unpack_group,
)
from trimtab.loop.alert.pipeline import pack_group
from trimtab.loop.incident import By, declare, note
from trimtab.loop.incident.model import Event
from trimtab.loop.store import Reached, Wiped
from trimtab.vocabulary.control import Directive
from trimtab.vocabulary.kernel import Conflict

WHO = "Quastenflosser"
NAMES = Wiped(names=(WHO,), mark="erased-1")
ALERT = Alert(
    project="p",
    labels={"alertname": f"burns[tenant={WHO}]", "severity": "page", "objective": f"done[tenant={WHO}]"},
    annotations={"summary": f"tasks of {WHO} fail", "rows": f"https://x/sessions?tenant={WHO}"},
    starts_ns=T0,
)
GROUP = Group(
    key=f'{{}}:{{tenant="{WHO}"}}',
    project="p",
    route="{}",
    labels={"tenant": WHO},
    due_ns=T0,
    alerts={ALERT.fingerprint: ALERT},
    opened_ns=T0,
)


@pytest.fixture(params=["sqlite", *POSTGRES])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    makers: dict[str, Callable[[], str]] = {
        "sqlite": lambda: str(tmp_path / "state.sqlite"),
        "postgres": new_state,
    }
    place = makers[request.param]()
    seed(place)
    return place


def seed(where: str) -> None:
    """The name wherever a state can hold it."""
    state = SqlState(where)
    for project in ("p", "q"):
        state.add_project(project, 1)
    state.add_key({"id": "k", "project": "p", "digest": "d", "scopes": "read", "name": WHO, "created_ns": 1})
    state.set_setting("views.p", json.dumps([{"name": f"of {WHO}", "query": f"tenant={WHO}"}]))
    state.set_setting("views.q", json.dumps([{"name": WHO, "query": "x"}]))
    state.put_erasure(erasure("e", value=WHO))
    state.close()
    seed_alerts(where)
    incidents = SqlIncidentStore(where)
    first = declare("p", By(who="bo", at_ns=T0), f"{WHO} is down", "sev2", f"done[tenant={WHO}]")
    alert = {"name": f"burns[tenant={WHO}]", "fingerprint": ALERT.fingerprint, "severity": "page"}
    said = {"alert": alert | {"starts_ns": T0, "ended_ns": None}, "key": GROUP.key, "page": dedup_key(GROUP)}
    joined = Event(
        project="p", incident=first.incident, number=2, at_ns=T0, who="trimtab", what="joined", said=said
    )
    held = incidents.append([first, joined])
    incidents.append([note(held, By(who="bo", at_ns=T0), f"called {WHO}")])
    incidents.close()
    seed_orders(where)


def seed_alerts(where: str) -> None:
    store = SqlAlertStore(where)
    message = Message(
        id="m",
        kind="trigger",
        project="p",
        receiver="chat",
        key=dedup_key(GROUP),
        title=f"tasks of {WHO} fail",
        at_ns=T0,
        group=GROUP.key,
        group_labels=GROUP.labels,
        alerts=(ALERT,),
    )
    store.write(
        Writes(
            alerts=(ALERT,),
            rules={("p", f"record:done[tenant={WHO}]"): json.dumps({"x": WHO})},
            groups={("p", GROUP.key): pack_group(GROUP)},
            messages=(message,),
        ),
        T0,
    )
    matchers = (read_matcher(f'tenant=~"{WHO}|other"'),)
    silence = Silence(
        id="s", project="p", matchers=matchers, starts_ns=0, ends_ns=T0, author="bo", comment=WHO
    )
    store.put_silence(silence)
    store.acknowledge(Acknowledgement(project="p", key=dedup_key(GROUP), by="bo", at_ns=T0, note=WHO))
    store.close()


def seed_orders(where: str) -> None:
    directives = SqlDirectiveStore(where)
    directives.add(
        "p",
        Directive(
            id="d1",
            owner="person",
            who="bo",
            reason=f"{WHO} asked",
            what="read_only",
            from_ns=T0,
            until_ns=T0 + HOUR,
            made_ns=T0,
        ),
    )
    directives.close()
    approvals = SqlApprovalStore(where)
    approvals.add(call(user=WHO, args=json.dumps({"to": WHO})))
    approvals.close()
    log = SqlAuditLog(where)
    entry = AuditEntry(
        at_ns=1, project="p", who="bo", action="POST /x", target=f"name={WHO}", address="", outcome=200
    )
    log.append(entry)
    log.close()
    replies = SqlReplies(where)
    replies.begin("bo", "k", "d", T0)
    replies.keep("bo", "k", KeptReply(digest="d", status=200, media="", body=json.dumps({"a": WHO}).encode()))
    replies.close()
    witness = SqlWitnessStore(where)
    seen = Seen(project="p", origin=WHO, size=1, root="0", key="k", note="n", at_ns=1, follows=-1)
    witness.append(seen)
    witness.close()


def forget(where: str, *, dry: bool = False, left: tuple[str, ...] = ()) -> Reached:
    state = SqlState(where)
    names = Wiped(names=(WHO,), mark="erased-1")
    found = state.forget("p", names, lambda _project, _settings: left, dry=dry)
    state.close()
    return found


def naming(where: str) -> dict[str, int]:
    """How many rows of each table name somebody."""
    engine = open_engine(where)
    with engine.connect() as con:
        found = {
            name: sum(WHO in str(dict(row)) for row in con.execute(sa.select(table)).mappings())
            for name, table in METADATA.tables.items()
        }
    engine.dispose()
    return {name: count for name, count in found.items() if count}


REACHED = {
    "keys": 1,
    "alerts": 1,
    "rules": 1,
    "groups": 1,
    "silences": 1,
    "acknowledgements": 1,
    "messages": 1,
    "incidents": 1,
    "incident events": 3,
    "directives": 1,
    "approvals": 1,
    "audit entries": 1,
    "answers": 1,
    "settings": 1,
}


def test_the_name_goes_from_every_table_and_what_stays_is_told(where: str) -> None:
    before = naming(where)
    assert forget(where, dry=True) == Reached(rows=REACHED, left={"witnessed checkpoints": 1})
    assert naming(where) == before, "a dry run changes nothing"
    assert forget(where) == Reached(rows=REACHED, left={"witnessed checkpoints": 1})
    assert naming(where) == {"erasure": 1, "setting": 1, "checkpoint": 1}, (
        "asked for, another project, signed"
    )
    assert forget(where) == Reached(rows={}, left={"witnessed checkpoints": 1}), "twice changes nothing more"


def test_rows_still_fit_together(where: str) -> None:
    forget(where)
    store = SqlAlertStore(where)
    (alert,) = store.alerts("p")
    assert alert.labels["objective"] == "done[tenant=erased-1]"
    assert alert.annotations["summary"] == "tasks of [erased] fail"
    ((key, packed),) = store.groups("p").items()
    group = unpack_group(packed)
    assert (group.key, list(group.alerts)) == (key, [alert.fingerprint])
    assert list(store.acknowledgements("p")) == [dedup_key(group)]
    assert [one.message.key for one in store.queued("p", "waiting")] == [dedup_key(group)]
    assert [one.matchers[0].value for one in store.silences("p")] == ["erased-1|other"]
    store.write(Writes(groups={("p", key): None}), T0)
    assert store.groups("p") == {}, "the digest of the new name is its key"
    store.close()
    incidents = SqlIncidentStore(where)
    (incident,) = incidents.incidents("p")
    assert (incident.title, incident.keys, incident.pages) == (
        "[erased] is down",
        (key,),
        (dedup_key(group),),
    )
    assert [one.fingerprint for one in incident.members] == [alert.fingerprint]
    again = incidents.append([note(incident, By(who="bo", at_ns=T0 + 1), "goes on")])
    assert again.version == 4
    incidents.close()


def test_whoever_decides_on_what_they_read_before_decides_again(where: str) -> None:
    store = SqlAlertStore(where)
    lease = store.lease("watch/p", "here", T0, T0 + HOUR)
    assert lease is not None
    forget(where)
    with pytest.raises(Conflict):
        store.write(Writes(alerts=(ALERT,)), T0, lease)
    store.close()


def test_a_request_of_nobody_any_more_is_over_and_a_directive_is_told_anew(where: str) -> None:
    directives = SqlDirectiveStore(where)
    version = directives.standing("p", T0).version
    forget(where)
    standing = directives.standing("p", T0)
    assert standing.version > version
    assert standing.directives[0].reason == "[erased] asked"
    directives.close()
    approvals = SqlApprovalStore(where)
    found = approvals.request("p", "r1")
    assert found is not None
    assert (found.status(T0), found.user, found.version) == ("expired", "erased-1", 2)
    approvals.close()


def test_a_document_that_nobody_could_read_any_more_stays(where: str) -> None:
    found = forget(where, left=("views.p",))
    assert found.left == {"documents": 1, "witnessed checkpoints": 1}
    assert naming(where)["setting"] == 2


def test_the_audit_log_forgets_names_only_while_an_erasure_is_under_way(where: str) -> None:
    engine = open_engine(where)
    audit = METADATA.tables["audit"]
    mine = sa.update(audit)

    def refused(**values: object) -> None:
        with pytest.raises((IntegrityError, sa.exc.DBAPIError)), engine.begin() as con:
            con.execute(mine.values(**values))

    refused(target="anything")
    refused(target="name=[erased]", who="somebody else")
    state = SqlState(where)
    state.put_erasure(erasure("e", value=None, finished_ns=2))
    refused(target="name=[erased]")
    state.close()
    engine.dispose()


def test_what_is_said_is_found_by_its_words(where: str) -> None:
    state = SqlState(where)
    said = state.texts("p")
    assert {WHO, f"tasks of {WHO} fail", f"{WHO} is down"} <= said
    assert not any(WHO in one for one in state.texts("nothing"))
    state.close()
