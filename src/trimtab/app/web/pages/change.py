"""One change of an agent: what was before, and what is since."""

from typing import Any

from trimtab.app.http.changed import compare_change
from trimtab.app.web.asking import Asking

NAMED = ("agent", "kind", "subject", "value")


def page(asking: Asking) -> dict[str, Any]:
    """A change with what was measured on both sides of it."""
    named = {name: asking.query.get(name, "") for name in NAMED}
    found = asking.ask(compare_change, "/changes/compare", named, dear=True)
    names = [one for one in found["since"] if one in found["before"]] or list(found["since"])
    return {"found": found, "change": found["change"], "names": names}
