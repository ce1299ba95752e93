"""Keys in files: made once, for their owner alone; what they sign is checked, and nothing else is."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trimtab.adapters.ed25519 import Ed25519Key, check
from trimtab.vocabulary.kernel import Invalid

# RFC 8032, section 7.1, tests 1 and 2: private key, public key, message, signature.
VECTORS = (
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
)


@pytest.mark.parametrize(("private", "public", "message", "signature"), VECTORS)
def test_the_published_vectors(private: str, public: str, message: str, signature: str) -> None:
    key = Ed25519Key("rfc8032", bytes.fromhex(private))
    assert key.public.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert check(key.public, bytes.fromhex(message), bytes.fromhex(signature))
    assert not check(key.public, b"another", bytes.fromhex(signature))


def test_a_key_of_a_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "audit.key"
    first = Ed25519Key.kept("shop", path)
    assert Ed25519Key.kept("shop", path).public == first.public
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"short")
    with pytest.raises(Invalid, match="32 bytes, not 5"):
        Ed25519Key.kept("shop", path)


def test_of_several_who_make_a_key_at_once_all_get_the_same(tmp_path: Path) -> None:
    path, together = tmp_path / "audit.key", threading.Barrier(8)

    def make() -> bytes:
        together.wait(60)
        return Ed25519Key.kept("shop", path).public

    with ThreadPoolExecutor(8) as pool:
        found = {one.result() for one in [pool.submit(make) for _ in range(8)]}
    assert len(found) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["audit.key"], "nothing half made is left"


@pytest.mark.parametrize("name", ["", "two words", "a+b", "tab\t"])
def test_a_name_that_a_note_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="not a name of a key"):
        Ed25519Key(name, bytes(32))


@pytest.mark.parametrize(
    ("public", "signature"), [(b"", b""), (bytes(32), bytes(64)), (b"x" * 31, bytes(64))]
)
def test_what_is_no_signature_is_not_one(public: bytes, signature: bytes) -> None:
    assert not check(public, b"m", signature)
