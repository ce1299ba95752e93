"""`trimtab audit export|verify|verifier`: evidence that an auditor checks without us.

commands.py  the commands
packing.py   what an auditor is given
showing.py   logs shown to a server, which signs what it has seen
sealed.py    what is sealed: opened, or forgotten
looking.py   whether it is whole
verifier.py  the same in one file that needs nothing of ours; it is printed, never imported
"""

from trimtab.app.cli.evidence.commands import add_to

__all__ = ["add_to"]
