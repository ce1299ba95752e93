"""`trimtab hook`: hosts that call a command at each step of their agent. `app/entry.py` answers without loading this."""

from pathlib import Path
from typing import Annotated

import typer

from trimtab.edge.sdk.hooks import run

hook = typer.Typer(no_args_is_help=True, help="Put an agent of another program under a contract.")


@hook.callback()
def hosts() -> None:
    """Put an agent of another program under a contract: its hooks call this."""


@hook.command(name="claude-code")
def claude_code(
    contract: Annotated[Path, typer.Option(help="The contract, a YAML file.")],
    permit: Annotated[
        bool, typer.Option("--permit", help="Where the contract allows a call, do not let Claude Code ask.")
    ] = False,
    settings: Annotated[
        bool, typer.Option("--settings", help="Print the hooks for .claude/settings.json.")
    ] = False,
) -> None:
    """Answer an event of Claude Code's hooks, which stands on standard input."""
    flags = [word for word, is_on in (("--permit", permit), ("--settings", settings)) if is_on]
    raise SystemExit(run(["--contract", str(contract), *flags]))
