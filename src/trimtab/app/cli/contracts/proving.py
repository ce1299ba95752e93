"""`trimtab contract prove`: what holds of every call that a contract lets through."""

from typing import Annotated, Any

import typer
import yaml

from trimtab.app.cli.contracts.commands import Seconds, contract
from trimtab.app.cli.contracts.files import File
from trimtab.app.cli.options import AsJson, print_json
from trimtab.vocabulary.contract import (
    Contract,
    Counterexample,
    Proof,
    contract_at,
    narrow,
    parse_overlay,
    prove,
)
from trimtab.vocabulary.kernel import Invalid

MARKS = {
    "proved": "[green]proved     [/]",
    "refuted": "[red]refuted    [/]",
    "not decided": "[yellow]not decided[/]",
}
HINT = 'spec: {invariants: ["refund.create: session.sum(amount) <= 1000"]}'


@contract.command("prove")
def prove_command(
    file: File,
    under: Annotated[
        list[str] | None, typer.Option(help="Under an overlay, as read_only or enforce; repeatable.")
    ] = None,
    timeout_s: Seconds = 5.0,
    as_json: AsJson = False,
) -> None:
    """Prove the contract's invariants for every call, or show a call that breaks one; exits with 1 unless all are proved."""
    from trimtab.app.bootstrap.proving import open_solver

    found = narrow(contract_at(file), *(parse_overlay(one) for one in under or []))
    if not found.invariants:
        raise Invalid(f"{file} states no invariants", hint=HINT)
    proofs = prove(found, open_solver(timeout_s))
    if as_json:
        print_json({"agent": found.agent, "invariants": [row_of(one) for one in proofs]})
    else:
        show(found, proofs)
    if any(one.verdict != "proved" for one in proofs):
        raise SystemExit(1)


def row_of(proof: Proof) -> dict[str, Any]:
    """A proof for programs."""
    example = proof.counterexample
    return {
        "invariant": str(proof.invariant),
        "verdict": proof.verdict,
        "empty": proof.empty,
        "tools": list(proof.tools),
        "reasons": list(proof.reasons),
        "counterexample": example.situation() if example else None,
    }


def show(found: Contract, proofs: tuple[Proof, ...]) -> None:
    """What is known, one line each, and below it why."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    for proof in proofs:
        console.print(f"{MARKS[proof.verdict]}  {escape(str(proof.invariant))}")
        for line in lines_of(found, proof):
            console.print(f"             {escape(line)}", style="dim" if proof.verdict == "proved" else "")
    counted = [
        f"{sum(one.verdict == verdict for one in proofs)} {verdict}"
        for verdict in MARKS
        if any(one.verdict == verdict for one in proofs)
    ]
    console.print(f"\n{found.agent}: {', '.join(counted)}")


def lines_of(found: Contract, proof: Proof) -> list[str]:
    """What stands below a line."""
    lines = [proof.invariant.message] if proof.invariant.message and proof.verdict != "proved" else []
    if proof.empty:
        return [*lines, "but no call that gets through is of this kind"]
    if proof.counterexample:
        lines += ["This call gets through:", *situation(proof.counterexample)]
        tool = found.tools.get(proof.tools[0])
        mode = tool.mode if tool else found.mode
        if mode != "enforce":
            lines.append(f"In mode {mode} nothing is blocked; --under enforce looks at what will be.")
    return [*lines, *proof.reasons]


def situation(example: Counterexample) -> list[str]:
    """A counterexample as YAML."""
    text: str = yaml.safe_dump(example.situation(), sort_keys=False, allow_unicode=True, width=100)
    return [f"  {line}" for line in text.splitlines()]
