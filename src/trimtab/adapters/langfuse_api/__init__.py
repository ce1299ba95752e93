"""Traces of a Langfuse by its public API."""

from trimtab.adapters.langfuse_api.api import LangfuseApi

__all__ = ["LangfuseApi"]
