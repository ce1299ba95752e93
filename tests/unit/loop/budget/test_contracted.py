"""A contract's objectives are documents that the rest of the product reads."""

import pytest

from trimtab.loop.budget import promised, read_promises
from trimtab.vocabulary.contract import read_contract
from trimtab.vocabulary.kernel import Missing

CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: support}
spec:
  tools: {look: {effect: read}}
"""


def test_they_are_read_back_as_they_were_meant() -> None:
    text = CONTRACT + "  slo:\n    - {indicator: task_success, target: 0.95}\n"
    text += "    - {indicator: tool_call_success, target: 0.99, window: 7d}\n"
    found = read_promises({"slo.yaml": promised(read_contract(text))}).objectives
    assert [(one.id, one.target, one.window.span.count, dict(one.measure.cohort)) for one in found] == [
        ("support-task-success", 0.95, 28, {"agent": "support"}),
        ("support-tool-call-success", 0.99, 7, {"agent": "support"}),
    ]


def test_a_contract_without_any_says_what_to_write() -> None:
    with pytest.raises(Missing, match="promises nothing") as missing:
        promised(read_contract(CONTRACT))
    assert "task_success" in missing.value.hint
