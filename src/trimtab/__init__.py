"""Trimtab: the reliability platform for LLM agents."""
