"""What an error message says apart from its values: the template that like failures share.

Masking the variables matters more for grouping than the clustering that follows it (arXiv 2412.05254), and it
keeps the key deterministic: no model of earlier messages, no order of arrival.
"""

import re
from functools import lru_cache

MAX_CHARS = 500
MAX_WORDS = 12
"""Words of a template that count: long messages are cut before they come here, at a place that values move."""

STRING = r"\"(?:[^\"\\]|\\.)*(?:\"|$)|(?<!\w)'(?:[^'\\]|\\.|'(?=\w))*(?:'|$)"
NUMBER = r"[-+]?[$€£¥]?\d[\d.,_]*(?<=\d)(?:e[-+]?\d+)?"
UNIT = r"(?:\s?(?:%|[nuµm]?s|sec|secs|seconds|min|minutes|[hd]|hours|days|[kmgt]i?b|b|bytes|tokens)(?!\w))?"
VARIABLES = re.compile(
    rf"""
    (?P<json>(?:(?<=[{{,])|(?<=[{{,]\s))["'](?P<key>[\w.-]{{1,40}})["']\s*:\s*(?:{STRING}|{NUMBER}|\b(?:true|false|null|none)\b)?)
  | (?P<mark>\[(?:redacted:(?P<rule>[a-z0-9_]+)|(?P<hashed>[a-z0-9_]+):hmac:[0-9a-f]{{16}})\]
      |\btok_(?P<token>[a-z0-9_]+)_[a-z2-7]{{16}}\b)
  | (?P<url>\b[a-z][a-z0-9+.-]{{1,20}}://[^\s'"<>)\]]+)
  | (?P<email>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
  | (?P<text>{STRING}|`[^`]*(?:`|$)|“[^”]*(?:”|$)|«[^»]*(?:»|$))
  | (?P<uuid>\b[0-9a-f]{{8}}-(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}\b)
  | (?P<date>\b\d{{4}}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z\b|[+-]\d\d:?\d\d\b)?)?
      |\b\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}\b|\b\d\d?:\d\d(?::\d\d(?:\.\d+)?)?\b)
  | (?P<path>(?<![\w<])(?:[a-z]:|~|\.{{1,2}})?(?:[\\/][\w.@%+-]+){{2,}}[\\/]?|(?<![\w<])(?:~|\.{{1,2}})?/[\w.@%+-]+)
  | (?P<amount>(?<!\w){NUMBER}{UNIT}(?![\w-]))
  | (?P<hex>\b0x[0-9a-f]+\b|\b(?=[a-f]*\d)[0-9a-f]{{8,}}\b)
  | (?P<id>\b(?=\w*\d)(?=\w*[^\W\d])\w+(?:-\w+)*\b)
  | (?P<n>{NUMBER}|\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)
VALUE = re.compile(r"<\w+>")
RUN = re.compile(r"(<\w+>)(?:[\s,;|/]*(?:and\s+|or\s+)?\1)+")


def template_of(message: str) -> str:
    """The message in lower case with values as `<kind>`, runs of one kind as one, at most 12 words.

    Masked: URLs, e-mails, quoted and JSON values, UUIDs, dates and times, paths, hex, identifiers that mix
    letters and digits, numbers, and what redaction left. JSON keys stay.
    """
    return masked(message[:MAX_CHARS])


@lru_cache(maxsize=8192)
def masked(message: str) -> str:
    """The same of a message that is short enough; like failures say the same again and again."""
    found = VARIABLES.sub(name_of, message.lower())
    return " ".join(RUN.sub(r"\1", found).split()[:MAX_WORDS])


def key_of(template: str) -> str:
    """The template with every kind of value alike: an identifier that happens to be all digits is no new failure."""
    return RUN.sub(r"\1", VALUE.sub("<v>", template))


def name_of(found: re.Match[str]) -> str:
    """What stands for a value."""
    if found["json"]:
        key = found["key"]
        return f"{'<key>' if any(map(str.isdigit, key)) else key}: <value>"
    if found["mark"]:
        return f"<{found['rule'] or found['hashed'] or found['token']}>"
    return "<n>" if found["amount"] else f"<{found.lastgroup}>"
