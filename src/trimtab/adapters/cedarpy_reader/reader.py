"""Cedar's parser reads policies; it says no lines, so it is asked where each one begins and ends."""

import json
from typing import Any

import cedarpy

from trimtab.vocabulary.contract.ports import Written
from trimtab.vocabulary.kernel import Invalid


class CedarReader:
    """Reads texts of policies."""

    def read(self, text: str, file: str) -> list[Written]:
        """The policies of a text, with their lines; raises `Invalid` where it is no Cedar, or holds a template."""
        found: list[Written] = []
        start = 0
        for end in [place + 1 for place, one in enumerate(text) if one == ";"]:
            policies = parsed(text[start:end])
            if not policies:
                continue
            if len(policies) > 1 or "effect" not in policies[0]:
                raise Invalid(
                    f"{file}:{line_at(text, start, end)}: this is no policy", hint="a template is none"
                )
            found.append(Written(file, line_at(text, start, end), policies[0]))
            start = end
        if parsed(text[start:]) != []:
            line = text.count("\n", 0, start) + 1
            raise Invalid(
                f"{file}: Cedar does not understand what follows line {line}: {trouble(text[start:])}",
                hint="permit(principal, action, resource);",
            )
        return found


def parsed(text: str) -> list[dict[str, Any]] | None:
    """The policies of a text, [] where it is blank or comments; None where it is no Cedar."""
    try:
        document = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError:
        return None
    templates = [{"template": one} for one in document["templates"].values()]
    return [*document["staticPolicies"].values(), *templates]


def trouble(text: str) -> str:
    """What Cedar says is wrong."""
    try:
        cedarpy.policies_to_json_str(text)
    except ValueError as error:
        return str(error)
    return ""


def line_at(text: str, start: int, end: int) -> int:
    """The line on which a policy begins: the last from which the same is read."""
    whole = parsed(text[start:end])
    at = start
    while (following := text.find("\n", at, end)) >= 0 and parsed(text[following + 1 : end]) == whole:
        at = following + 1
    return text.count("\n", 0, at) + 1
