"""The text of a prompt: the system's message that the first step with a version of it was given."""

from typing import Any, cast

from trimtab.loop.ingest.decode import attributes_of
from trimtab.loop.ingest.exchange import ASKED
from trimtab.loop.ingest.opened import spans_in
from trimtab.loop.ingest.said import leaves, structure
from trimtab.loop.store import Analytics, Journal

SYSTEM = frozenset({"system", "developer"})
FIRST = """
select body, ordinal from steps
where project = $project and agent = $agent and prompt_name = $name
  and coalesce(nullif(prompt_version, ''), prompt_hash) = $version
order by start_ns limit 1
"""


def prompt_text(
    journal: Journal, analytics: Analytics, project: str, agent: str, version: tuple[str, str]
) -> str | None:
    """What a prompt of an agent says, by its name and version; None where no body that is kept says it."""
    name, value = version
    asked = {"project": project, "agent": agent, "name": name, "version": value}
    places = {int(row["body"]): {int(row["ordinal"])} for row in analytics.rows(FIRST, asked)}
    span = next(iter(spans_in(journal, places).values()), None)
    return None if span is None else instructions_in(attributes_of(span.attributes))


def instructions_in(attributes: dict[str, Any]) -> str | None:
    """The system's message among the attributes of a model call."""
    said = [*leaves(structure(attributes.get("gen_ai.system_instructions")))]
    for key in ASKED:
        found = structure(attributes.get(key))
        messages = cast("list[Any]", found) if isinstance(found, list) else []
        said = said or [text for one in messages if is_system(one) for text in leaves(one)]
    return "\n".join(said) or None


def is_system(message: Any) -> bool:
    """Whether a message is the system's."""
    return isinstance(message, dict) and cast("dict[str, Any]", message).get("role") in SYSTEM
