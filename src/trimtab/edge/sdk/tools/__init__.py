"""An agent's tools under its contract, in this process.

tool.py      `@trimtab.tool`; entry.py a function as a tool; plain.py values as JSON and back
given.py     one call: what the tool was given and what it gave
bound.py     the contract at work; files.py what it keeps on disk; ask.py a person's yes
tell.py      what steps are told of decisions and attempts; stopped.py the exception
"""
