"""The commands."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from trimtab.app.cli.options import AsJson, Data, Project, desk_of, print_json
from trimtab.vocabulary.audit import EXITS


def export(
    folder: Annotated[Path, typer.Argument(help="The folder of the logs: what `init` was given as audit=.")],
    file: Annotated[Path, typer.Argument(help="A tar file to write; .gz packs it smaller.")],
    since: Annotated[str | None, typer.Option("--from", help="7d, or 2026-01-31T12:00:00Z.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="The same; not included.")] = None,
    as_json: AsJson = False,
) -> None:
    """Pack the audit logs of agents for an auditor: entries, checkpoints, keys, and a program that checks them."""
    from dataclasses import asdict

    from trimtab.app.cli.evidence.packing import pack
    from trimtab.app.cli.times import since_ns

    packed = pack(folder, file, (since_ns(since), since_ns(until)), verifier_text())
    if as_json:
        return print_json(asdict(packed))
    typer.echo(f"{file}: {packed.entries} entries of {packed.logs} logs, {packed.signed} of them signed")


def verify(
    path: Annotated[Path, typer.Argument(help="A file of `trimtab audit export`, or a folder of logs.")],
    key: Annotated[
        list[str] | None,
        typer.Option(help="The key of a log, or of a witness, as you were told it; repeatable."),
    ] = None,
    seen: Annotated[
        list[Path] | None, typer.Option(help="Checkpoints that you have kept from before; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether audit logs are whole, and what was done to those that are not.

    Ends with 0, else with the first of: 10 edited, 11 dropped, 12 reordered, 13 repeated, 14 a file missing, 15 truncated,
    16 forked, 17 rewritten, 18 badly signed, 20 nothing is signed.
    """
    from trimtab.app.bootstrap.signing import signature_check
    from trimtab.app.cli.evidence.looking import look, sentences

    found = look(path, key or [], seen or [], signature_check())
    if as_json:
        print_json(found)
    else:
        for one in found:
            typer.echo("\n".join(sentences(one)))
    codes = [one["exit"] for one in found if one["exit"]]
    if not as_json:
        typer.echo("NOT whole" if codes else "whole")
    if codes:
        raise typer.Exit(min(codes))


def verifier() -> None:
    """Print a program that checks audit logs by itself: `trimtab audit verifier > verify.py`."""
    typer.echo(verifier_text(), nl=False)


def verifier_text() -> str:
    """The verifier as it stands in the package."""
    return files("trimtab.app.cli.evidence").joinpath("verifier.py").read_text(encoding="utf-8")


def witness(
    folder: Annotated[Path, typer.Argument(help="The folder of the logs.")],
    data: Data = None,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Have the server sign what it sees of the logs of a folder; it refuses one that contradicts what it has seen.

    Ends with 16 where it does. TRIMTAB_URL and TRIMTAB_KEY (scopes ingest,read) name a server elsewhere.
    """
    from trimtab.app.cli.evidence.showing import show_to

    with desk_of(data, project) as desk:
        found = show_to(desk, folder)
    if as_json:
        print_json(found)
    for one in [] if as_json else found:
        typer.echo(f"{one['log']}: {one['says']}")
    if any(one["forked"] for one in found):
        raise typer.Exit(EXITS["forked"])


Keys = Annotated[
    Path, typer.Option("--keys", help="The file of subjects' keys: what `audit_vault` was made with.")
]


def unseal(
    folder: Annotated[Path, typer.Argument(help="The folder of the logs.")],
    keys: Keys,
    who: Annotated[str | None, typer.Option(help="Only of one subject, as `who` stands in entries.")] = None,
) -> None:
    """Print the sealed arguments of calls as JSON, a line each: the payload's id, whom it is about, what it says."""
    from trimtab.app.bootstrap.signing import open_vault
    from trimtab.app.cli.evidence.sealed import unsealed

    for line in unsealed(folder, open_vault(keys), who):
        typer.echo(line)


def forget(
    folder: Annotated[Path, typer.Argument(help="The folder of the logs.")],
    who: Annotated[str, typer.Argument(help="The subject, as `who` stands in entries.")],
    keys: Keys,
) -> None:
    """Destroy the key of a subject: their sealed arguments and digests become noise, and the logs stay whole."""
    from trimtab.app.bootstrap.signing import make_key, open_vault
    from trimtab.app.cli.evidence.sealed import forget_subject

    forget_subject(folder, open_vault(keys), who, make_key())
    typer.echo(f"the key of {who} is gone; the log says so")


def add_to(audit: typer.Typer) -> None:
    """Add these commands to `trimtab audit`."""
    for command in (export, verify, verifier, witness, unseal, forget):
        audit.command()(command)
