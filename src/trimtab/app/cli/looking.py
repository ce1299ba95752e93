"""`trimtab safety`, `trimtab providers`, `trimtab breaches`: what contracts decided, who was out, where bad sessions differ."""

from typing import Annotated

import typer

from trimtab.app.cli.options import AsJson, Data, Project, Since, Where, cohort, desk_of
from trimtab.app.cli.times import since_ns


def safety(
    agent: Annotated[str | None, typer.Option()] = None,
    where: Where = None,
    since: Since = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """What contracts denied, asked, changed or would have, what seems injected, what models refused."""
    from trimtab.app.cli.tables import looks, show

    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/safety", since_ns=since_ns(since), **cohort(where, agent))
    show.tell(answer, looks.safety_parts, as_json=as_json)


def providers(
    agent: Annotated[str | None, typer.Option()] = None,
    where: Where = None,
    since: Since = None,
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Share of calls, tokens and cost of each provider of models, its errors, and when it was out."""
    from trimtab.app.cli.tables import looks, show

    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/providers", since_ns=since_ns(since), **cohort(where, agent))
    show.tell(answer, looks.provider_parts, as_json=as_json)


def breaches(
    objective: Annotated[str, typer.Argument(help="The objective; `trimtab slo` lists them.")],
    since: Since = "24h",
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Where the sessions that break a promise differ: cohorts, tools and prompts beyond chance, beside all others."""
    from trimtab.app.cli.tables import looks, show

    with desk_of(data, project) as desk:
        answer = desk.get("/api/v1/breaches", objective=objective, since_ns=since_ns(since))
    show.tell(answer, looks.breach_parts, as_json=as_json)
