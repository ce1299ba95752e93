"""The Merkle tree: the published vectors of RFC 6962's reference implementation, and its laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.vocabulary.audit import (
    Growing,
    is_growth,
    is_included,
    leaf_hash,
    prove_growth,
    prove_growth_after,
    prove_inclusion,
    root_of,
)

# github.com/google/certificate-transparency, merkletree/merkle_tree_test.cc
CONTENTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
LEAVES = [leaf_hash(one) for one in CONTENTS]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
GROWTH = {
    (1, 1): (),
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}


def test_the_roots_are_those_of_the_reference() -> None:
    growing = Growing()
    assert growing.root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for size, leaf in enumerate(LEAVES, start=1):
        growing.append(leaf)
        assert growing.root().hex() == ROOTS[size - 1]
        assert root_of(LEAVES[:size]) == growing.root()


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_the_proofs_of_an_entry_are_those_of_the_reference(index: int, size: int) -> None:
    proof = prove_inclusion(LEAVES[:size], index)
    assert tuple(step.hex() for step in proof) == INCLUSION[index, size]
    assert is_included(LEAVES[index], index, proof, size, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("before", "after"), GROWTH)
def test_the_proofs_of_growth_are_those_of_the_reference(before: int, after: int) -> None:
    proof = prove_growth(LEAVES[:after], before)
    assert tuple(step.hex() for step in proof) == GROWTH[before, after]
    old, new = ((size, bytes.fromhex(ROOTS[size - 1])) for size in (before, after))
    assert is_growth(old, new, proof)


lists = st.lists(st.binary(max_size=4).map(leaf_hash), min_size=1, max_size=40)


@given(lists, st.data())
def test_every_entry_is_proved_and_no_other_is(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = prove_inclusion(leaves, index), root_of(leaves)
    assert is_included(leaves[index], index, proof, len(leaves), root)
    assert not is_included(leaf_hash(b"another entry"), index, proof, len(leaves), root)
    assert not is_included(leaves[index], index, [*proof, root], len(leaves), root)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bent = [*proof[:at], leaf_hash(proof[at]), *proof[at + 1 :]]
        assert not is_included(leaves[index], index, bent, len(leaves), root)
        assert not is_included(leaves[index], index, proof[:-1], len(leaves), root)


@given(lists, st.data())
def test_growth_is_proved_and_nothing_else_is(leaves: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(leaves)))
    before, after = (size, root_of(leaves[:size])), (len(leaves), root_of(leaves))
    proof = prove_growth(leaves, size)
    assert is_growth(before, after, proof)
    assert not is_growth((size, leaf_hash(b"another past")), after, proof)
    assert not is_growth(before, (len(leaves), leaf_hash(b"another now")), proof) or size == 0
    assert not is_growth(before, after, [*proof, after[1]])
    if proof:
        assert not is_growth(before, after, proof[:-1])


@given(lists, st.data())
def test_a_tree_goes_on_from_what_was_kept_of_it(leaves: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(leaves)))
    first = Growing()
    for leaf in leaves[:size]:
        first.append(leaf)
    then = Growing(first.size, first.peaks)
    for leaf in leaves[size:]:
        then.append(leaf)
    assert (then.size, then.root()) == (len(leaves), root_of(leaves))


def test_a_place_outside_the_list_is_refused() -> None:
    with pytest.raises(IndexError, match="8 of 8 entries"):
        prove_inclusion(LEAVES, 8)
    with pytest.raises(IndexError, match="9 of 8 entries"):
        prove_growth(LEAVES, 9)
    assert not is_included(LEAVES[0], 8, [], 8, root_of(LEAVES))
    assert not is_growth((9, b""), (8, b""), [])


@given(lists, st.data())
def test_growth_is_proved_alike_from_what_was_kept_of_the_beginning(
    leaves: list[bytes], data: st.DataObject
) -> None:
    size = data.draw(st.integers(0, len(leaves)))
    kept = Growing()
    for one in leaves[:size]:
        kept.append(one)
    assert prove_growth_after(kept, leaves[size:]) == prove_growth(leaves, size)
