"""What is redacted, and what stands in its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from trimtab.vocabulary.kernel import Invalid

Mode = Literal["mask", "drop", "hash", "tokenise"]

_ALWAYS: Mapping[str, Mode] = MappingProxyType(
    {
        "user.email": "mask",
        "enduser.email": "mask",
        "user.full_name": "mask",
        "http.request.header.authorization": "mask",
        "http.request.header.proxy-authorization": "mask",
        "http.request.header.cookie": "mask",
        "http.request.header.x-api-key": "mask",
        "http.response.header.set-cookie": "mask",
    }
)
_OFF_UNLESS_ASKED = frozenset({"ipv4"})
_KEY_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionPolicy:
    """What the door removes; `key` is the HMAC key of hash and tokenise; raises `Invalid` without it.

    `structured_attributes` names attributes, in any case, whose whole value is redacted, beside the ones that always are.
    """

    mode: Mode = "mask"
    key: bytes = field(default=b"", repr=False)
    disabled_rules: frozenset[str] = _OFF_UNLESS_ASKED
    structured_attributes: Mapping[str, Mode] = field(default_factory=dict[str, Mode])
    enabled: bool = True

    def __post_init__(self) -> None:
        """Refuse a keyed mode with no key, or one short enough to guess."""
        modes = {self.mode, *self.structured_attributes.values()}
        if modes & {"hash", "tokenise"} and len(self.key) < _KEY_BYTES:
            raise Invalid(
                f"redaction by hash or tokenise needs a key of at least {_KEY_BYTES} bytes",
                hint="set the redaction key, or choose mask or drop",
                code="redaction_key",
            )

    def attribute_modes(self) -> dict[str, Mode]:
        """All structured attributes by lower-case key, the policy's own words last."""
        own: dict[str, Mode] = {name.lower(): mode for name, mode in self.structured_attributes.items()}
        return {**_ALWAYS, **own}
