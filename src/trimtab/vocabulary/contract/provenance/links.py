"""Links, addresses and account numbers in text, also where they are hidden; and the host that a link leads to."""

import re
from urllib.parse import urlsplit

from trimtab.vocabulary.contract.provenance.forms import ACCOUNT, fold, one_form
from trimtab.vocabulary.contract.provenance.layers import layers

URL = re.compile(r"""[a-z][a-z0-9+.-]{1,20}://[^\s<>"'`)\]}|]+""")
EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
DOMAIN = re.compile(r"(?<![\w@./%+-])(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])[^\s<>\"'`)\]}|,;]*")
FILES = frozenset(
    [
        "csv",
        "doc",
        "docx",
        "gif",
        "jpeg",
        "jpg",
        "json",
        "log",
        "pdf",
        "png",
        "ppt",
        "pptx",
        "txt",
        "xls",
        "xlsx",
        "xml",
        "yaml",
        "yml",
    ]
)
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


def links_in(text: str) -> frozenset[str]:
    """Links, bare domains, mail addresses and account numbers in a text and its encoded parts, in their one form."""
    found: set[str] = set()
    for layer in layers(text):
        folded = fold(layer)
        for pattern in (URL, EMAIL, DOMAIN):
            for one in pattern.finditer(folded):
                word = one_form(one.group())
                if pattern is not DOMAIN or not is_file(word):
                    found.add(word)
        found.update(one.group().replace(" ", "") for one in ACCOUNT.finditer(folded))
    return frozenset(found)


def is_file(word: str) -> bool:
    """Whether what looks like a domain is the name of a file."""
    return word.rsplit(".", 1)[-1] in FILES


def host_of(value: str) -> str:
    """The host that an http link leads to; "" where it is none, or where two readers could see two hosts."""
    if any(one in value for one in "\\\t\r\n @") or not value.isprintable():
        return ""
    try:
        parts = urlsplit(value if "://" in value else f"https://{value}")
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return ""
    plain = parts.scheme in ("http", "https") and HOST.fullmatch(host) and port in (None, 80, 443)
    return host if plain else ""


def leads_to(value: str, hosts: tuple[str, ...]) -> bool:
    """Whether a link leads to one of these hosts; *.example.com is every host below example.com."""
    host = host_of(value)
    return bool(host) and any(
        host.endswith(one[1:]) if one.startswith("*.") else host == one for one in hosts
    )
