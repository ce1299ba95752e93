"""Whose step it is and below which one: within a process, over its border, and beside OpenTelemetry."""
