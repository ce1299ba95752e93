"""Recorded attacks, executed again in the real AgentDojo environments behind a contract.

contracts.py   what `trimtab contract init` prints for each suite, and the owner's change on top of it
playing.py     runs where `agentdojo` is installed: lists its tools, plays runs; guard.py the contract in front of one
disguise.py    the ways in which a value can be hidden from a contract, each tried
counting.py    runs to shares with their intervals, and what remains
"""
