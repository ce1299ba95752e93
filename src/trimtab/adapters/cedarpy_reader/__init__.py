"""Policies of Cedar, read by its own parser: the extra `cedar` brings it."""

from trimtab.adapters.cedarpy_reader.reader import CedarReader

__all__ = ["CedarReader"]
