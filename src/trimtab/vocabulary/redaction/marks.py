"""What stands where a secret stood."""

import base64
import hashlib
import hmac
import re

from trimtab.vocabulary.redaction.policy import Mode, RedactionPolicy

_MARK = re.compile(r"\[(?:redacted:[a-z0-9_]+|[a-z0-9_]+:hmac:[0-9a-f]{16})\]|tok_[a-z0-9_]+_[a-z2-7]{16}")


def is_mark(text: str) -> bool:
    """Whether the text is already what a redaction left: redacting twice changes nothing."""
    return _MARK.fullmatch(text) is not None


def mark(rule: str, secret: str, mode: Mode, policy: RedactionPolicy) -> str:
    """Return the replacement of `secret`; keyed ones are equal for equal secrets of one rule and key."""
    if mode == "mask":
        return f"[redacted:{rule}]"
    if mode == "drop":
        return ""
    message = f"{rule}\0{secret}".encode("utf-8", "surrogatepass")
    digest = hmac.new(policy.key, message, hashlib.sha256).digest()
    if mode == "hash":
        return f"[{rule}:hmac:{digest[:8].hex()}]"
    return f"tok_{rule}_{base64.b32encode(digest[:10]).decode().lower()}"
