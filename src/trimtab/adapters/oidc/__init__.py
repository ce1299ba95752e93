"""Sign-in by OpenID Connect: the code flow with PKCE, tokens checked with PyJWT."""

from trimtab.adapters.oidc.provider import Client, OidcProvider

__all__ = ["Client", "OidcProvider"]
