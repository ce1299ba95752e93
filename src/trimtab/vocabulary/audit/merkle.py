"""A Merkle tree over a list that only grows: its root, and proofs that an entry is in it or that it grew from an earlier one.

RFC 6962, section 2.1, whose hashes and proofs RFC 9162 keeps; the checks are those of RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

LEAF, NODE = b"\x00", b"\x01"
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """The hash of an entry, 32 bytes; no node can have the same."""
    return sha256(LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees, 32 bytes."""
    return sha256(NODE + left + right).digest()


class Growing:
    """The root of a list that grows, in memory of its logarithm: the roots of its full subtrees, the largest first."""

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """Begin with nothing, or with `size` entries whose `peaks` an earlier one gave."""
        self.size = size
        self._peaks = list(peaks)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """All that has to be kept to go on."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Add the hash of an entry."""
        size, peaks = self.size, self._peaks
        while size & 1:
            leaf = node_hash(peaks.pop(), leaf)
            size >>= 1
        peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The hash of everything so far."""
        if not self._peaks:
            return EMPTY_ROOT
        found = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            found = node_hash(peak, found)
        return found


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root of a list of leaf hashes."""
    growing = Growing()
    for leaf in leaves:
        growing.append(leaf)
    return growing.root()


def split(size: int) -> int:
    """The largest power of two below a size of at least 2: so many entries hang on the left."""
    return 1 << (size - 1).bit_length() - 1


def prove_inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from one entry of a list up to its root, the lowest first."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"{index} of {len(leaves)} entries")
    if len(leaves) == 1:
        return []
    left = split(len(leaves))
    if index < left:
        return [*prove_inclusion(leaves[:left], index), root_of(leaves[left:])]
    return [*prove_inclusion(leaves[left:], index - left), root_of(leaves[:left])]


def prove_growth(leaves: Sequence[bytes], size: int) -> list[bytes]:
    """The hashes that show that the list of the first `size` entries is the beginning of the whole one."""
    if not 0 <= size <= len(leaves):
        raise IndexError(f"{size} of {len(leaves)} entries")
    if size in {0, len(leaves)}:
        return []
    return _growth(lambda begin, end: root_of(leaves[begin:end]), (0, len(leaves)), size, whole=True)


def prove_growth_after(before: Growing, leaves: Sequence[bytes]) -> list[bytes]:
    """The same proof from what was kept of the first entries, and the leaf hashes of those that came after."""
    size = before.size
    if not size or not leaves:
        return []
    peaks, begin = dict[int, bytes](), 0
    for peak in before.peaks:
        peaks[begin] = peak
        begin += 1 << (size - begin).bit_length() - 1

    def root(begin: int, end: int) -> bytes:
        return peaks[begin] if end <= size else root_of(leaves[begin - size : end - size])

    return _growth(root, (0, size + len(leaves)), size, whole=True)


def _growth(
    root: Callable[[int, int], bytes], span: tuple[int, int], size: int, *, whole: bool
) -> list[bytes]:
    begin, end = span
    if size == end:
        return [] if whole else [root(begin, end)]
    middle = begin + split(end - begin)
    if size <= middle:
        return [*_growth(root, (begin, middle), size, whole=whole), root(middle, end)]
    return [*_growth(root, (middle, end), size, whole=False), root(begin, middle)]


def is_included(leaf: bytes, index: int, proof: Sequence[bytes], size: int, root: bytes) -> bool:
    """Whether a proof leads from an entry to the root of a list of that size."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def is_growth(before: tuple[int, bytes], after: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that a list, given as its size and root, is the beginning of another."""
    (size, root), (larger, new_root) = before, after
    if size > larger or size < 0:
        return False
    if size in {0, larger}:
        expected = EMPTY_ROOT if size == 0 else new_root
        return not proof and root == expected
    if not proof:
        return False
    steps = [root, *proof] if size & (size - 1) == 0 else list(proof)
    place, last = size - 1, larger - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and old == root and new == new_root
