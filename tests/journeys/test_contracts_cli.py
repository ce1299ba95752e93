"""A contract from the command line: proposed from tools, checked, told, and compared with what comes after it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.vocabulary.contract.test_decide import RICH
from typer.testing import CliRunner

from trimtab.app.cli.main import app
from trimtab.vocabulary.contract import read_contract
from trimtab.vocabulary.kernel import TrimtabError

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_order",
            "parameters": {"type": "object", "properties": {"id": {"type": "string"}}},
        },
    },
    {"name": "send_refund", "description": "Pay back", "inputSchema": {"type": "object"}},
]


@pytest.fixture
def said() -> Callable[..., str]:
    def run(*arguments: str | Path, exit_code: int = 0) -> str:
        result = CliRunner().invoke(app, ["contract", *map(str, arguments)], catch_exceptions=False)
        assert result.exit_code == exit_code, result.output
        return result.output

    return run


@pytest.fixture
def first(said: Callable[..., str], tmp_path: Path) -> Path:
    (tmp_path / "tools.json").write_text(json.dumps(TOOLS))
    path = tmp_path / "shop.yaml"
    said("init", "--tools", tmp_path / "tools.json", "--agent", "shop", "--out", path)
    return path


def test_a_first_contract_observes_and_says_what_tools_do(said: Callable[..., str], first: Path) -> None:
    assert "shop, 2 tools, mode observe" in said("check", first)
    told = said("explain", first)
    assert "get_order: reads" in told
    assert "send_refund: acts for good; can carry data out" in told
    with pytest.raises(TrimtabError, match="exists"):
        said("init", "--tools", first.parent / "tools.json", "--agent", "shop", "--out", first)


def test_a_change_that_widens_is_shown_and_can_stop_a_pipeline(said: Callable[..., str], first: Path) -> None:
    enforced = first.with_name("enforced.yaml")
    enforced.write_text(first.read_text().replace("mode: observe", "mode: enforce"))
    assert said("diff", first, first, "--must-not-widen")
    said("diff", first, enforced, "--must-not-widen")
    found = json.loads(said("diff", enforced, first, "--json"))
    assert found["wider"] is True
    assert found["examples"]
    said("diff", enforced, first, "--must-not-widen", exit_code=1)


def test_what_is_wrong_is_told_with_its_line(said: Callable[..., str], first: Path) -> None:
    broken = first.with_name("broken.yaml")
    broken.write_text(first.read_text().replace("effect: read\n", "effect: raed\n"))
    with pytest.raises(TrimtabError, match=r"broken\.yaml:\d+: ") as caught:
        said("check", broken)
    assert "read" in caught.value.hint
    assert json.loads(said("schema"))["$schema"]


SPENDER = """\
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: shop}
spec:
  tools:
    refund:
      effect: irreversible
      input: {type: object, properties: {amount: {type: number}}, required: [amount], additionalProperties: false}
      arguments: {amount: {min: 0, max: 500}}
      pre: [args.amount <= facts.refund.left]
      budget: {session: {sum: {amount: 1000}}}
      approval: {when: args.amount > 200}
  invariants:
    - "refund: session.sum(amount) <= 1000"
    - "refund: args.amount > 200 implies approved"
"""


@pytest.fixture
def spender(tmp_path: Path) -> Path:
    path = tmp_path / "spender.yaml"
    path.write_text(SPENDER)
    return path


def test_what_holds_of_every_call_is_proved(said: Callable[..., str], spender: Path) -> None:
    told = said("prove", spender)
    assert "proved       refund: session.sum(amount) <= 1000" in told
    assert told.endswith("shop: 2 proved\n")
    found = json.loads(said("prove", spender, "--json"))
    assert [one["verdict"] for one in found["invariants"]] == ["proved", "proved"]


def test_what_does_not_hold_is_shown_by_a_call(said: Callable[..., str], spender: Path) -> None:
    spender.write_text(
        SPENDER.replace("max: 500", "max: 5000").replace("sum(amount) <= 1000", "sum(amount) <= 999")
    )
    told = said("prove", spender, exit_code=1)
    assert "refuted      refund: session.sum(amount) <= 999" in told
    assert "session.sum(amount): 1000.0" in told
    assert "1 proved, 1 refuted" in told
    found = json.loads(said("prove", spender, "--json", exit_code=1))
    assert found["invariants"][0]["counterexample"]["call"]["refund"]["amount"] >= 0


def test_a_proof_that_says_little_says_so(said: Callable[..., str], spender: Path) -> None:
    spender.write_text(SPENDER + "    - egress implies approved\n")
    assert "but no call that gets through is of this kind" in said("prove", spender)


def test_what_only_observes_is_refuted_and_can_be_looked_at_as_enforced(
    said: Callable[..., str], spender: Path
) -> None:
    spender.write_text(SPENDER.replace("spec:\n", "spec:\n  mode: observe\n"))
    assert "--under enforce" in said("prove", spender, exit_code=1)
    assert "2 proved" in said("prove", spender, "--under", "enforce")


def test_a_question_that_is_too_hard_is_not_decided(said: Callable[..., str], spender: Path) -> None:
    hard = "args.a * args.a * args.a + args.b * args.b * args.b != args.c * args.c * args.c"
    whole = "properties: {a: {type: integer, minimum: 1, maximum: 999999}, b: {type: integer, minimum: 1, maximum: 999999}, c: {type: integer, minimum: 1, maximum: 999999}, "
    spender.write_text(
        SPENDER.replace("properties: {", whole)
        + f'    - "refund: has(args.a) && has(args.b) && has(args.c) implies {hard}"\n'
    )
    told = said("prove", spender, "--time", "0.2", exit_code=1)
    assert "not decided" in told
    assert "time: no answer within 0.2 s" in told or "Z3 gives up" in told


def test_there_must_be_something_to_prove(
    said: Callable[..., str], spender: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spender.write_text(SPENDER.split("  invariants:", maxsplit=1)[0])
    with pytest.raises(TrimtabError, match="states no invariants"):
        said("prove", spender)
    without_z3(monkeypatch)
    spender.write_text(SPENDER)
    with pytest.raises(TrimtabError, match="Z3, which is not installed") as caught:
        said("prove", spender)
    assert "trimtab[prove]" in caught.value.hint


def without_z3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trimtab.app.bootstrap.proving.find_spec", lambda name: None)


def test_a_solver_settles_what_a_comparison_leaves_open(
    said: Callable[..., str], spender: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = spender.with_name("same.yaml")
    same.write_text(
        SPENDER.replace("[args.amount <= facts.refund.left]", "['!(facts.refund.left < args.amount)']")
    )
    told = said("diff", spender, same, "--must-not-widen")
    assert told.startswith("not wider: no call gets through more easily, which is proved")
    wider = spender.with_name("wider.yaml")
    wider.write_text(SPENDER.replace("args.amount <= facts", "args.amount - 0.125 <= facts"))
    found = json.loads(said("diff", spender, wider, "--must-not-widen", "--json", exit_code=1))
    assert (found["wider"], len(found["examples"])) == (True, 1)
    without_z3(monkeypatch)
    told = said("diff", spender, same, "--must-not-widen", exit_code=1)
    assert told.startswith("perhaps wider")
    assert told.endswith("a solver could settle what is perhaps wider: pip install 'trimtab[prove]'\n")


def test_a_contract_is_handed_to_cedar(said: Callable[..., str], spender: Path, tmp_path: Path) -> None:
    import cedarpy

    told = said("export", spender, "--to", "cedar")
    assert "// policies.cedar" in told
    assert '@id("refund: approval: args.amount > 200")' in told
    assert "budget: no budget of the session, the day or the tool is overdrawn" in told
    out = tmp_path / "cedar"
    said("export", spender, "--to", "cedar", "--out", out)
    policies, schema = (out / "policies.cedar").read_text(), (out / "schema.cedarschema").read_text()
    assert cedarpy.validate_policies(policies, schema).validation_passed
    with pytest.raises(TrimtabError, match="exists"):
        said("export", spender, "--to", "cedar", "--out", out)
    found = json.loads(said("export", spender, "--to", "cedar", "--under", "tool_off:refund", "--json"))
    assert "withdrawn" in found["policies"]
    assert sorted(found) == ["left", "policies", "schema", "told"]


ARN = "arn:aws:bedrock-agentcore:eu-central-1:123456789012:gateway/shop"
AGENTCORE = ("--to", "agentcore", "--gateway", ARN, "--target", "Shop")


def test_a_contract_is_handed_to_a_gateway_of_agentcore(
    said: Callable[..., str], spender: Path, tmp_path: Path
) -> None:
    import cedarpy

    told = said("export", spender, *AGENTCORE)
    assert 'action == AgentCore::Action::"Shop___refund"' in told
    assert "refund: denied, because of " in told
    assert "a gateway knows no facts" in told
    kept = [part for one in ("budget", "session", "condition") for part in ("--elsewhere", one)]
    out = tmp_path / "agentcore"
    told = said("export", spender, *AGENTCORE, *kept, "--out", out)
    assert "refund: keep elsewhere: budget: no budget" in told
    assert "refund: nobody is asked there, so this denies: approval: args.amount > 200" in told
    policies, schema = (out / "policies.cedar").read_text(), (out / "schema.cedarschema").read_text()
    assert cedarpy.validate_policies(policies, schema).validation_passed
    assert "unless {" in policies
    found = json.loads(said("export", spender, *AGENTCORE, "--json"))
    assert "budget" in found["unsaid"]["refund"]
    assert sorted(found) == ["asked", "denied", "elsewhere", "left", "policies", "schema", "unsaid"]


POLICIES = f"""permit (
  principal is AgentCore::OAuthUser,
  action == AgentCore::Action::"Shop___refund",
  resource == AgentCore::Gateway::"{ARN}"
)
when {{ context.input.cents <= 500 && principal.getTag("custom:tenant") == "acme" }};

forbid (principal, action, resource is AgentCore::Gateway)
when {{ context.input has memo && context.input.memo like "*gift card*" }};
"""


def test_a_contract_is_proposed_from_the_policies_of_a_gateway(
    said: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies, out = tmp_path / "shop.cedar", tmp_path / "shop.yaml"
    policies.write_text(
        POLICIES
        + "// somebody else\n"
        + POLICIES.partition("\nwhen")[0].replace("OAuthUser", "IamEntity")
        + ";"
    )
    said("import-agentcore", policies, "--agent", "shop", "--claim", "tenant=custom:tenant", "--out", out)
    text = out.read_text()
    assert "shop.cedar:11: permit of Shop___refund is left out: it is about other callers" in text
    found = read_contract(text)
    assert found.mode == "enforce"
    assert [one.holds.text for one in found.tools["Shop___refund"].before] == [
        "has(args.cents) && args.cents <= 500",
        'session.tenant != "" && session.tenant == "acme"',
        '!(has(args.memo) && args.memo.contains("gift card"))',
    ]
    assert "1 tools, mode enforce" in said("check", out)
    again = said("export", out, "--to", "agentcore", "--gateway", ARN, "--claim", "tenant=custom:tenant")
    assert "Shop___refund: denied, because of rule of two" not in again
    monkeypatch.setattr("trimtab.app.bootstrap.cedar.find_spec", lambda _: None)
    with pytest.raises(TrimtabError, match="needs cedarpy"):
        said("import-agentcore", policies, "--agent", "shop")


def test_a_gateway_is_named(said: Callable[..., str], spender: Path) -> None:
    with pytest.raises(TrimtabError, match="name their gateway"):
        said("export", spender, "--to", "agentcore")
    with pytest.raises(TrimtabError, match="only AgentCore has"):
        said("export", spender, "--to", "cedar", "--gateway", ARN)
    with pytest.raises(TrimtabError, match="tenant names no claim"):
        said("export", spender, *AGENTCORE, "--claim", "tenant")
    with pytest.raises(TrimtabError, match="budgets is no kind of rule"):
        said("export", spender, *AGENTCORE, "--elsewhere", "budgets")


GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "contracts.md").read_text(encoding="utf-8")


def test_the_guide_shows_what_is_printed(said: Callable[..., str], tmp_path: Path) -> None:
    blocks = re.findall(r"^```(yaml|console)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    text = next(block for language, block in blocks if language == "yaml")
    path = tmp_path / "support-bot.yaml"
    path.write_text(text)
    assert said("prove", path).endswith("support-bot: 3 proved\n")
    kept = text[: text.index('    - "refund.create: args.amount > 200')]
    path.write_text(kept + '    - "refund.create: args.amount > 100 implies approved"\n')
    shown = next(block for language, block in blocks if "contract prove" in block)
    assert said("prove", path, exit_code=1) == shown.partition("\n")[2]


def test_the_guide_shows_what_a_comparison_prints(said: Callable[..., str], tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(RICH)
    new.write_text(RICH.replace("args.amount <= facts.look.balance", "facts.look.balance >= args.amount"))
    shown = re.search(r"^\$ trimtab contract diff.*?\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert shown
    assert said("diff", old, new, "--must-not-widen") == shown[1]
