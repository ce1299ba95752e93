"""Numbered, forward-only migrations of the state store."""
