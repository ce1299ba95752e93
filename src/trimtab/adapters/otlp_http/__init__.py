"""OTLP over HTTP to other backends."""

from trimtab.adapters.otlp_http.sender import OtlpHttpSender

__all__ = ["OtlpHttpSender"]
