"""The doors of the server: OTLP over HTTP and gRPC, and the control API."""

from trimtab.app.http.application import application

__all__ = ["application"]
