"""Recorded attacks, executed again in the real AgentDojo environments behind a contract.

playing.py    runs inside the environment that has `agentdojo`: lists its tools, plays runs, tries disguises
disguise.py   the ways in which a value can be hidden from a contract that looks for it
counting.py   runs to shares with their intervals, and what remains by its reason
"""
