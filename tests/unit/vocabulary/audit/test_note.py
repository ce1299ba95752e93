"""Signed notes as other tools write and read them."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.adapters.ed25519 import Ed25519Key, check
from trimtab.vocabulary.audit import (
    COSIGNED,
    Checkpoint,
    FakeKey,
    Key,
    Note,
    fake_check,
    read_checkpoint,
    read_key,
    read_note,
)
from trimtab.vocabulary.kernel import Invalid

# From the documentation of golang.org/x/mod/sumdb/note, whose format signed-note.md writes down.
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_published_note_is_read_and_checked() -> None:
    key, note = read_key(PUBLISHED_KEY), read_note(PUBLISHED)
    assert str(key) == PUBLISHED_KEY
    assert str(note) == PUBLISHED
    assert note.is_signed(key, check)
    assert not Note(text=note.text.replace("answer", "problem"), signatures=note.signatures).is_signed(
        key, check
    )
    assert not note.is_signed(Key(name="PeterNeumann", public=bytes(32)), check)


def test_a_checkpoint_is_signed_and_witnessed() -> None:
    log, witness = (
        Ed25519Key("example.com/log", bytes(range(32))),
        Ed25519Key("example.com/witness", bytes(32)),
    )
    note = (
        Checkpoint(origin=log.name, size=7, root=b"r" * 32)
        .note()
        .signed(log)
        .witnessed(witness, 1_679_315_147)
    )
    again = read_note(str(note))
    assert again == note
    assert read_checkpoint(again.text) == Checkpoint(origin=log.name, size=7, root=b"r" * 32)
    assert again.is_signed(Key(name=log.name, public=log.public), check)
    seen_by = Key(name=witness.name, public=witness.public, kind=COSIGNED)
    assert again.witnessed_s(seen_by, check) == 1_679_315_147
    assert again.witnessed_s(Key(name=witness.name, public=log.public, kind=COSIGNED), check) is None
    lines = str(note).splitlines()
    assert lines[:4] == ["example.com/log", "7", base64.b64encode(b"r" * 32).decode(), ""]
    # Key id and signature; of a witness the time stands between.
    assert [len(base64.b64decode(one.split(" ")[2])) for one in lines[4:]] == [4 + 64, 4 + 8 + 64]


@pytest.mark.parametrize(
    "raw",
    [
        *("", "text\n", "text\n\nno signature\n", "text\n\n— name !!\n", "text\n\n— a+b AAAAAAAA\n"),
        *("te\x07xt\n\n— name AAAAAAAA\n", "text\n\n— name AAAAAAAA"),
    ],
)
def test_what_is_no_note_is_refused(raw: str) -> None:
    with pytest.raises(Invalid):
        read_note(raw)


@pytest.mark.parametrize(
    "raw", ["", "a", "a+b+c", PUBLISHED_KEY[:-4], PUBLISHED_KEY.replace("c74f20a3", "c74f20a4")]
)
def test_what_is_no_key_is_refused(raw: str) -> None:
    with pytest.raises(Invalid):
        read_key(raw)


@pytest.mark.parametrize(
    "text", ["", "a\n1\n", "a\n01\n" + "A" * 43 + "=\n", "a\n-1\n" + "A" * 43 + "=\n", "a\n1\nAAAA\n"]
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_checkpoint(text)


@given(
    st.text(st.characters(min_codepoint=32, blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=50),
    st.integers(0, 1 << 40),
)
def test_a_note_is_read_as_it_was_written(words: str, size: int) -> None:
    key = FakeKey("name")
    note = (
        Checkpoint(origin="o", size=size, root=bytes(32), more=(words,) if words else ()).note().signed(key)
    )
    again = read_note(str(note))
    assert again == note
    assert again.is_signed(Key(name="name", public=key.public), fake_check)
