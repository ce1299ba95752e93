"""The entry point: a hook, for which somebody waits at every step, loads nothing but the edge."""

import sys

HOOK = ["hook", "claude-code"]


def main() -> None:
    """Run a hook, or any other command."""
    if sys.argv[1:3] == HOOK:
        from trimtab.edge.sdk.hooks import run  # noqa: PLC0415 - a hook is waited for at every step

        raise SystemExit(run(sys.argv[3:]))
    from trimtab.app.cli.main import main as commands  # noqa: PLC0415 - a hook does without

    commands()
