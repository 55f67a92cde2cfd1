"""Products of two monomials, told apart exactly in time and memory linear in their number, however many variables.

A monomial becomes a few words: variables share a word as the digits of a mixed radix number below 2^62, whose radices
leave room for the sum of two exponents. Words add up as the exponents do and are equal only if these are. Products are
found by one hash each, a weighted sum of the words modulo 2^64, and each match is confirmed on the words; so a
collision, which whoever writes the file can bring about, costs time or refuses the file, and never changes an answer.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from nsos_jax.certificates.data import BeyondLimits

MAX_WORDS = 1_000_000_000
"""Of all products that are told apart together."""

MAX_REMEMBERED = 10_000
"""Products, up to which their numbers are kept for the next certificate with the same monomials."""

_WORD = 2**62
_ATTEMPTS = 8


def monomial_words(exponents: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """int64 [words, rows], for exponents and sums of two that are, entry by entry, from 0 to `largest`."""
    places: list[dict[int, int]] = [{}]
    product = 1
    for variable, most in enumerate(largest.tolist()):
        if product * (most + 1) > _WORD:
            places.append({})
            product = 1
        places[-1][variable] = product
        product *= most + 1
    words = [exponents[:, list(word)].astype(np.int64) @ np.array(list(word.values()), np.int64) for word in places]
    return np.stack(words)


def hashes(words: np.ndarray) -> Iterator[np.ndarray]:
    """uint64 [rows], one attempt after the other; a single word is its own hash, without any collision."""
    if len(words) == 1:
        yield words[0].astype(np.uint64)
        return
    for attempt in range(_ATTEMPTS):
        weights = np.random.default_rng(attempt).integers(0, 2**64, size=len(words), dtype=np.uint64)
        total = np.zeros(words.shape[1], np.uint64)
        for weight, word in zip(weights, words, strict=True):
            total += weight * word.astype(np.uint64)  # modulo 2^64
        yield total


def number_products(words: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Equal numbers, from 0 on, for equal products of the monomials first[k] and second[k].

    >>> rows = np.array([[2, 0], [1, 1], [0, 2], [0, 0]])
    >>> number_products(monomial_words(rows, np.array([4, 4])), np.array([0, 1, 1]), np.array([2, 1, 3])).tolist()
    [1, 1, 0]
    """
    if len(words) * len(first) > MAX_WORDS:
        raise BeyondLimits(
            f"{len(first)} products of monomials, {len(words)} words each, are too many, the limit is {MAX_WORDS} words"
        )
    for keys in hashes(words):
        _, firsts, numbers = np.unique(keys[first] + keys[second], return_index=True, return_inverse=True)
        if len(words) == 1 or _same(words, (first, second), firsts[numbers]):
            return numbers
    raise BeyondLimits("the monomials could not be told apart by their hashes")


def numbered(exponents: np.ndarray, largest: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """`number_products` of the `monomial_words` of these rows; few products are remembered, as their numbers depend on
    the arguments alone, and certificates come in families."""
    if len(first) > MAX_REMEMBERED:
        return number_products(monomial_words(exponents, largest), first, second)
    arrays = [np.ascontiguousarray(array, np.int64).tobytes() for array in (exponents, largest, first, second)]
    return _remembered(exponents.shape, *arrays)


@lru_cache(maxsize=64)
def _remembered(shape: tuple[int, int], exponents: bytes, largest: bytes, first: bytes, second: bytes) -> np.ndarray:
    rows, most, i, j = (np.frombuffer(array, np.int64) for array in (exponents, largest, first, second))
    numbers = number_products(monomial_words(rows.reshape(shape), most), i, j)
    numbers.setflags(write=False)
    return numbers


def _same(words: np.ndarray, pairs: tuple[np.ndarray, np.ndarray], leaders: np.ndarray) -> bool:
    """Whether each product is that of the pair that leads it."""
    followers = np.flatnonzero(leaders != np.arange(len(leaders)))
    leaders = leaders[followers]
    i, j = pairs
    return all(
        np.array_equal(word[i[followers]] + word[j[followers]], word[i[leaders]] + word[j[leaders]]) for word in words
    )


class MiddleTable:
    """Finds the monomial whose square is the product of two given ones, among fixed distinct monomials.

    Args:
        words: int64 [words, rows], by `monomial_words`, of these monomials and, behind them, of others to look for.
        count: how many they are.
    """

    def __init__(self, words: np.ndarray, count: int) -> None:
        self._words = words
        for keys in hashes(words):
            self._keys = keys
            self._order = np.argsort(2 * keys[:count])
            self._sorted = (2 * keys[:count])[self._order]
            if (self._sorted[1:] != self._sorted[:-1]).all():
                return
        raise BeyondLimits("the monomials could not be told apart by their hashes")

    def find(self, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which products of rows first[k] and second[k] are squares of a row, and of which; both int64 [found]."""
        if not len(self._order):
            return self._order, self._order
        sought = self._keys[first] + self._keys[second]
        place = np.minimum(np.searchsorted(self._sorted, sought), len(self._sorted) - 1)
        found = np.flatnonzero(self._sorted[place] == sought)
        middles = self._order[place[found]]
        if len(self._words) > 1:
            right = np.ones(len(found), dtype=bool)
            for word in self._words:
                right &= word[first[found]] + word[second[found]] == 2 * word[middles]
            found, middles = found[right], middles[right]
        return found, middles
