"""Signed texts that any other tool can check: notes, checkpoints of a log, and what witnesses add to them.

https://github.com/C2SP/C2SP: signed-note.md, tlog-checkpoint.md, tlog-cosignature.md
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from trimtab.vocabulary.audit.ports import Check, Signer
from trimtab.vocabulary.kernel import Invalid

ED25519, COSIGNED = b"\x01", b"\x04"
"""The kinds of keys: of a log, and of a witness, whose signature says when."""
DASH = "\N{EM DASH}"
MAX_NOTE = 64_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A public key under a name; `kind` is that of a log or of a witness."""

    name: str
    public: bytes
    kind: bytes = ED25519

    @property
    def id(self) -> bytes:
        """Four bytes by which a signature says whose it is."""
        return sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    def __str__(self) -> str:
        """As other tools read it: name, id, kind and key."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.kind + self.public).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One line under a note: whose it is, and what stands behind the id of the key."""

    name: str
    key_id: bytes
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text, which ends with a newline, and what was signed of it."""

    text: str
    signatures: tuple[Signature, ...] = ()

    def __str__(self) -> str:
        """As it is written."""
        lines = (
            f"{DASH} {one.name} {base64.b64encode(one.key_id + one.content).decode()}\n"
            for one in self.signatures
        )
        return f"{self.text}\n{''.join(lines)}"

    def signed(self, signer: Signer) -> "Note":
        """With the signature of a log."""
        key = Key(name=signer.name, public=signer.public)
        return self._with(key, signer.sign(self.text.encode()))

    def witnessed(self, signer: Signer, time_s: int) -> "Note":
        """With the signature of a witness, who has seen it at a time (whole seconds since the Unix epoch)."""
        key = Key(name=signer.name, public=signer.public, kind=COSIGNED)
        return self._with(key, time_s.to_bytes(8, "big") + signer.sign(witness_message(self.text, time_s)))

    def _with(self, key: Key, content: bytes) -> "Note":
        added = Signature(name=key.name, key_id=key.id, content=content)
        return Note(text=self.text, signatures=(*self.signatures, added))

    def is_signed(self, key: Key, check: Check) -> bool:
        """Whether a key has signed it."""
        return any(holds(one, self.text, key, check) for one in self.signatures)

    def witnessed_s(self, key: Key, check: Check) -> int | None:
        """When a witness has seen it, by what it says itself; None where it has not."""
        times = [
            int.from_bytes(one.content[:8], "big")
            for one in self.signatures
            if holds(one, self.text, key, check)
        ]
        return max(times, default=None)


def witness_message(text: str, time_s: int) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def holds(one: Signature, text: str, key: Key, check: Check) -> bool:
    """Whether a signature is that of a key."""
    if (one.name, one.key_id) != (key.name, key.id):
        return False
    if key.kind == ED25519:
        return check(key.public, text.encode(), one.content)
    if len(one.content) != 72:
        return False
    message = witness_message(text, int.from_bytes(one.content[:8], "big"))
    return check(key.public, message, one.content[8:])


def read_note(raw: str) -> Note:
    """A note as it was written; raises `Invalid` where it is none."""
    text, blank, lines = raw.rpartition("\n\n")
    if not blank or len(raw) > MAX_NOTE or not raw.endswith("\n"):
        raise Invalid("not a signed note", hint="a text, an empty line, and lines of signatures", code="note")
    if any(ord(one) < 32 and one != "\n" for one in raw):
        raise Invalid("a signed note with control characters", hint="it was changed on its way", code="note")
    return Note(text=f"{text}\n", signatures=tuple(read_signature(one) for one in lines.splitlines()))


def read_signature(line: str) -> Signature:
    """A line of a signature; raises `Invalid` where it is none."""
    try:
        dash, name, encoded = line.split(" ")
        content = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        dash, name, content = "", "", b""
    if dash != DASH or not name or "+" in name or len(content) < 5:
        raise Invalid(f"not a signature: {line[:100]!r}", hint=f"{DASH} NAME BASE64", code="note")
    return Signature(name=name, key_id=content[:4], content=content[4:])


def read_key(raw: str) -> Key:
    """A key as `str(key)` writes it; raises `Invalid` where it is none."""
    try:
        name, key_id, encoded = raw.strip().split("+", 2)
        content = base64.b64decode(encoded, validate=True)
        key = Key(name=name, public=content[1:], kind=content[:1])
    except (ValueError, binascii.Error):
        raise Invalid(f"not a key: {raw[:100]!r}", hint="NAME+ID+BASE64", code="note") from None
    if key.id.hex() != key_id or len(key.public) != 32 or key.kind not in {ED25519, COSIGNED}:
        raise Invalid(f"a key whose parts do not fit: {raw[:100]!r}", hint="copy all of it", code="note")
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log was at a moment: which one, how many entries, their root; `more` is what others may say of it."""

    origin: str
    size: int
    root: bytes
    more: tuple[str, ...] = ()

    def note(self) -> Note:
        """The text that is signed."""
        lines: Iterable[str] = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.more)
        return Note(text="".join(f"{line}\n" for line in lines))


def read_checkpoint(text: str) -> Checkpoint:
    """The text of a note as a checkpoint; raises `Invalid` where it is none."""
    lines: Sequence[str] = text.splitlines()
    try:
        origin, size, encoded, *more = lines
        root = base64.b64decode(encoded, validate=True)
        number = int(size) if size.isascii() and size.isdigit() and (size == "0" or size[0] != "0") else -1
    except (ValueError, binascii.Error):
        origin, number, root, more = "", -1, b"", []
    if not origin or number < 0 or len(root) != 32:
        raise Invalid("not a checkpoint of a log", hint="origin, size and root, a line each", code="note")
    return Checkpoint(origin=origin, size=number, root=root, more=tuple(more))
