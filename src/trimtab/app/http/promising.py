"""Promises over the API: what they are, what is left of them, and what rules would do before they do it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from math import ceil
from typing import Any, cast

from starlette.responses import Response

from trimtab.app.bootstrap import Server
from trimtab.app.http.reading import whole_number
from trimtab.loop.alert import (
    dashboard,
    dead_rules,
    outlook,
    read_files,
    replay,
    rules_yaml,
    unpack_actions,
)
from trimtab.loop.budget import (
    Objective,
    Promises,
    answers_of,
    compare_agt,
    compare_sloth,
    composites_of,
    history_of,
    import_agt,
    import_sloth,
    lateness_s,
    ledger_of,
    minutes_now,
    plan,
    propose_all,
    series_for,
    status_of,
    values_of,
)
from trimtab.loop.sli import Definition, basis_of, catalogue
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Invalid, Missing

Arguments = dict[str, Any]
DAY_NS = 86_400_000_000_000
WAITS_S = 120.0
"""Rules look at a minute so long after it is over."""
WRITTEN = re.compile(r"^(?!\s*(#|---|$))", re.MULTILINE)
"""A line of a document: neither empty nor a comment nor a mark between documents."""
FORMS = {"sloth": (import_sloth, compare_sloth), "agt-slo": (import_agt, compare_agt)}


def files_of(arguments: Arguments) -> dict[str, str]:
    """The files of a request: name -> text; refused where all are empty, which would end every promise unawares."""
    given = arguments.get("files")
    found = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    if not found or not all(isinstance(text, str) for text in found.values()):
        raise Invalid("no documents", hint='send {"files": {"airline.yaml": "apiVersion: openslo/v1 ..."}}')
    if not any(WRITTEN.search(text) for text in found.values()):
        raise Invalid(
            f"{next(iter(found))}: no document in it",
            hint="`trimtab init slo` proposes objectives from your data",
        )
    return found


def given_or_applied(server: Server, grant: Grant, arguments: Arguments) -> Promises:
    """What the documents of a request promise, or without any those that are applied."""
    definitions = catalogue(server.state, grant.project)
    if "files" in arguments:
        return read_files(files_of(arguments), definitions)[0]
    return server.watched.applied(grant.project).promises


def plan_promises(server: Server, grant: Grant, arguments: Arguments) -> object:
    """What applying documents would change, and what their rules would do: whether they can fire, how late, how often."""
    definitions = catalogue(server.state, grant.project)
    given, routing = read_files(files_of(arguments), definitions)
    before = server.watched.applied(grant.project)
    changes = plan(before.promises.objectives, given.objectives)
    counted = counted_now(server, grant, given)
    rows: list[Arguments] = [
        outlook(one, given.alerting.get(one.slo, ()), counted[one.id], server.clock.now_ns())
        | {"cohorts": len(values_of(server.analytics, grant.project, one, 0)) if one.by else None}
        for one in given.objectives
    ]
    for row, one in zip(rows, given.objectives, strict=True):
        row["findings"] += told_late(server, grant, one, definitions)
    return {
        "added": [one.id for one in changes.added],
        "changed": [asdict(one) for one in changes.changed],
        "removed": [one.id for one in changes.removed],
        "same": list(changes.same),
        "routing": "changed" if routing != before.routing else "same" if routing else "none",
        "refused": any(row["refused"] for row in rows),
        "objectives": rows,
    }


def told_late(
    server: Server, grant: Grant, objective: Objective, definitions: Mapping[str, Definition]
) -> list[Arguments]:
    """A word where outcomes are told later than the objective waits for them: what comes then pages nobody."""
    if definitions[objective.measure.indicator].method != "outcome":
        return []
    late_s = lateness_s(server.analytics, grant.project, objective, server.clock.now_ns())
    if late_s is None or late_s <= objective.maturity_s + WAITS_S:
        return []
    hours = ceil(late_s / 3600)
    return [
        {
            "rule": objective.id,
            "code": "late",
            "level": "warning",
            "says": f"one outcome in 20 is told more than {late_s / 3600:.1f} h after its session closed; rules have looked by then",
            "instead": f"the annotation trimtab/maturity: {hours}h",
        }
    ]


def counted_now(server: Server, grant: Grant, promises: Promises) -> dict[str, Any]:
    """The minutes of each objective, counted now; of one that is by a dimension those of all its values together."""
    definitions, basis = catalogue(server.state, grant.project), basis_of(server.state, grant.project)
    series = {one.id: series_for(one, definitions, basis) for one in promises.objectives}
    minutes = minutes_now(server.analytics, grant.project, list(series.values()), basis)
    return {name: minutes[one.key] for name, one in series.items()}


def apply_promises(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Let documents be what the project promises: all of them, or none; refused where a rule could never fire, unless forced."""
    files, definitions = files_of(arguments), catalogue(server.state, grant.project)
    given, _ = read_files(files, definitions)
    dead = [say for one in given.objectives for say in dead_rules(one, given.alerting.get(one.slo, ()))]
    if dead and not arguments.get("force"):
        raise Invalid(
            "\n".join(f"{one.rule}: {one.says}" for one in dead),
            hint=f"{dead[0].instead}; `--force` applies it all the same",
            code="never_fires",
        )
    changes = plan(server.watched.applied(grant.project).promises.objectives, given.objectives)
    server.promise(grant.project, files)
    return {
        "added": [one.id for one in changes.added],
        "changed": [one.id for one in changes.changed],
        "removed": [one.id for one in changes.removed],
        "same": list(changes.same),
        "warnings": [f"{one.rule}: {one.says}" for one in dead],
    }


def show_promises(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """The documents that are applied."""
    found = server.watched.applied(grant.project)
    return {"files": dict(found.files), "applied_ns": found.at_ns or None}


def budgets(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """Every objective: what is left of its budget, how fast it burns, until when it lasts; the actions that follow."""
    now_ns, counted = server.clock.now_ns(), server.watched.watch.counted(grant.project)
    rows = [status_of(one.objective, one.minutes, now_ns, one.methods) for one in counted]
    firing = [one for one in server.watched.alerts.alerts(grant.project) if one.ends_ns is None]
    for row in rows:
        row["alerts"] = [dict(one.labels) for one in firing if one.labels.get("objective") == row["id"]]
    kept = server.watched.alerts.rules(grant.project).get("actions", "[]")
    return {
        "objectives": rows,
        "composites": composites_of([ledger_of(one.objective, one.minutes) for one in counted], now_ns),
        "actions": [asdict(one) for one in unpack_actions(kept)],
        "looked_ns": server.watched.watch.looked_ns or None,
    }


def budget(server: Server, grant: Grant, arguments: Arguments) -> object:
    """One objective: its budget now and over its window, and what its rules would do."""
    name, now_ns = str(arguments["objective"]), server.clock.now_ns()
    found = next(
        (one for one in server.watched.watch.counted(grant.project) if one.objective.id == name), None
    )
    if found is None:
        raise Missing(f"no such objective: {name}", hint="`trimtab slo` lists them")
    promises = server.watched.applied(grant.project).promises
    policies = promises.alerting.get(found.objective.slo, ())
    return {
        "now": status_of(found.objective, found.minutes, now_ns, found.methods),
        "history": history_of(found.objective, found.minutes, now_ns),
        "alerting": outlook(found.objective, policies, found.minutes, now_ns),
    }


def backtest(server: Server, grant: Grant, arguments: Arguments) -> object:
    """The pages that the rules would have sent: of given documents, before anything is applied, or of those that are."""
    now_ns = server.clock.now_ns()
    since_ns = whole_number(arguments, "since_ns") or now_ns - 30 * DAY_NS
    promises = given_or_applied(server, grant, arguments)
    counted = counted_now(server, grant, promises)
    return {
        "objectives": [
            replay(one, promises.alerting.get(one.slo, ()), counted[one.id], (since_ns, now_ns))
            for one in promises.objectives
        ]
    }


def propose_promises(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Objectives for an agent from its last weeks, each with what it would have cost, and the documents that say so."""
    agent = str(arguments.get("agent") or "")
    weeks = whole_number(arguments, "weeks", 4) or 4
    definitions, basis = catalogue(server.state, grant.project), basis_of(server.state, grant.project)
    names = [name for name in str(arguments.get("indicators") or "").split(",") if name]
    now_ns = server.clock.now_ns()
    return propose_all(server.analytics, grant.project, agent, (definitions, basis), (now_ns, weeks), names)


def translate_promises(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Promises made with another tool as OpenSLO, what is still open about them, and what that tool would say of our data."""
    form, definitions = str(arguments.get("form") or ""), catalogue(server.state, grant.project)
    if form not in FORMS:
        raise Invalid(f"not a tool that is read: {form}", hint=f"one of {', '.join(FORMS)}")
    translate, contrast = FORMS[form]
    answers = answers_of([str(one) for one in arguments.get("indicators") or ()])
    found = translate(files_of(arguments), answers, definitions)
    contrasts: list[Arguments] = []
    if not found.questions:
        promises, _ = read_files({"imported.yaml": found.text}, definitions)
        minutes = counted_now(server, grant, promises)
        now_ns = server.clock.now_ns()
        contrasts = [
            {"objective": one.id, "target": one.target} | asdict(contrast(one, minutes[one.id], now_ns))
            for one in promises.objectives
        ]
    return {
        "yaml": found.text,
        "questions": [asdict(one) for one in found.questions],
        "notes": list(found.notes),
        "contrasts": contrasts,
    }


def export_rules(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """Prometheus rules of all objectives, with Sloth's names, over the counters that Trimtab exposes."""
    return Response(rules_yaml(objectives_of(server, grant)), media_type="application/yaml")


def export_dashboard(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """A Grafana dashboard of all objectives."""
    return dashboard(objectives_of(server, grant))


def objectives_of(server: Server, grant: Grant) -> list[Objective]:
    """The objectives as they are counted; labelled with their project."""
    return [
        replace(one.objective, labels={**one.objective.labels, "project": grant.project})
        for one in server.watched.watch.counted(grant.project)
    ]
