"""Integer keys of monomials: the one place where rows of exponents become single integers.

n is the number of variables, a monomial is a row of n exponents. A key is a weighted sum of the exponents, hence
additive: key(a + b) = key(a) + key(b), so that the k^2 products of a basis cost an outer sum of k integers instead of
k^2 rows. Mixed radix weights make keys injective while the radices multiply to at most 2^62. Beyond that (100 variables
of degree 10) weights are pseudo-random modulo 2^64 and every match is confirmed on exact words of at most 62 bits, so
answers stay exact.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Int, Int32, Int64

_WORD_LIMIT = 2**62
_ATTEMPTS = 8
_WIDE = 64
"""Variables from which on exponents are taken for sparse."""
_SLICE = 1 << 22
"""Exponents that are widened to int64, or pairs that are looked up, at once."""
_SCRAMBLE = np.uint64(0x9E3779B97F4A7C15)


class ExponentKeys:
    """Additive keys for all exponent rows that are, entry by entry, at most `largest`.

    Raises `ValueError` if an entry of `largest` is negative (exponents are counts).

    >>> keys = ExponentKeys(np.array([4, 4]))
    >>> keys.exact, keys(np.array([[1, 0], [0, 1], [1, 1]])).tolist()
    (True, [1, 5, 6])
    """

    def __init__(self, largest: Int[np.ndarray, " n"], attempt: int = 0) -> None:
        if len(largest) and int(np.min(largest)) < 0:
            raise ValueError(f"exponents must be nonnegative, got an upper bound of {int(np.min(largest))}")
        columns: list[dict[int, int]] = [{}]
        product = 1
        for variable, bound in enumerate(np.asarray(largest).tolist()):
            if product * (bound + 1) > _WORD_LIMIT:
                columns.append({})
                product = 1
            columns[-1][variable] = product
            product *= bound + 1
        self._words = [(min(word, default=0), np.array(list(word.values()), np.int64)) for word in columns]
        self.exact = len(columns) == 1
        if self.exact:
            self._weights = self._words[0][1]
        else:
            self._weights = np.random.default_rng(attempt).integers(-(2**63), 2**63, size=len(largest), dtype=np.int64)

    def __call__(self, rows: Int[np.ndarray, "k n"]) -> Int64[np.ndarray, " k"]:
        """One key per row; injective if `exact`, otherwise to be confirmed with `words`."""
        return _weighted(rows, self._weights)

    def words(self, rows: Int[np.ndarray, "k n"]) -> Int64[np.ndarray, "k words"]:
        """Additive and injective, but several integers per row, each of neighbouring variables."""
        if rows.shape[1] < _WIDE:
            sums = [_weighted(rows[:, first : first + len(weights)], weights) for first, weights in self._words]
            return np.stack(sums, axis=1)
        word = np.repeat(np.arange(len(self._words)), [len(weights) for _, weights in self._words])
        weight = np.concatenate([weights for _, weights in self._words])
        row, variable = nonzeros(rows)
        total = np.zeros((len(rows), len(self._words)), np.int64)
        np.add.at(total, (row, word[variable]), rows[row, variable] * weight[variable])
        return total


def nonzeros(rows: Int[np.ndarray, "k n"]) -> tuple[Int64[np.ndarray, " powers"], Int64[np.ndarray, " powers"]]:
    """Row and variable of each exponent that is not 0, row by row: `numpy.nonzero`, but faster where most are.

    >>> [part.tolist() for part in nonzeros(np.array([[0, 2], [1, 3]]))]
    [[0, 1, 1], [1, 0, 1]]
    """
    row, variable = np.divmod(np.flatnonzero(rows != 0), max(rows.shape[1], 1))
    return row, variable


def _weighted(rows: Int[np.ndarray, "k n"], weights: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " k"]:
    """rows @ weights modulo 2^64: in slices, and of many variables only what is not 0."""
    if len(weights) >= _WIDE:
        row, variable = nonzeros(rows)
        total = np.zeros(len(rows), np.int64)
        np.add.at(total, row, rows[row, variable] * weights[variable])
        return total
    step = max(_SLICE // max(len(weights), 1), 1)
    if len(rows) <= step:
        return rows.astype(np.int64, copy=False) @ weights
    parts = [rows[at : at + step].astype(np.int64) @ weights for at in range(0, len(rows), step)]
    return np.concatenate(parts)


class RowTable:
    """Exact lookup of monomials, and of their pairwise products and quotients, among fixed distinct monomials.

    Args:
        rows: the table, [table n] distinct rows.
        largest: [n] upper bound of the exponents of the table and of all that is looked up (both factors of a quotient
            included, and every product).

    Raises `ValueError` if two rows are equal.

    >>> table = RowTable(np.array([[2, 0], [1, 1], [0, 2]]), np.array([4, 4]))
    >>> x_and_y = np.array([[1, 0], [0, 1]])
    >>> table.find_products(x_and_y, x_and_y).tolist()
    [[0, 1], [1, 2]]
    >>> table.find(x_and_y).tolist()
    [-1, -1]
    """

    def __init__(self, rows: Int[np.ndarray, "table n"], largest: Int[np.ndarray, " n"]) -> None:
        for attempt in range(_ATTEMPTS):
            self._keys = ExponentKeys(largest, attempt)
            keys = self._keys(rows)
            self._order = np.argsort(keys).astype(np.int32)
            self._sorted = keys[self._order]
            if not np.any(self._sorted[1:] == self._sorted[:-1]):
                break
            if self._keys.exact:
                raise ValueError("the monomials to look up in must be distinct, but two rows are equal")
        else:
            raise ValueError("the monomials to look up in must be distinct, but two rows seem equal")
        self._rows = rows

    @cached_property
    def _words(self) -> Int64[np.ndarray, "table words"]:
        return self._keys.words(self._rows)

    @cached_property
    def _words_in_turn(self) -> Int64[np.ndarray, "words table"]:
        return np.ascontiguousarray(self._words.T)

    def find(self, rows: Int[np.ndarray, "k n"]) -> Int32[np.ndarray, " k"]:
        """Index in the table of each monomial, or -1."""
        one = np.zeros((1, rows.shape[1]), np.int64)
        return self.find_products(rows, one)[:, 0]

    def find_products(self, left: Int[np.ndarray, "a n"], right: Int[np.ndarray, "b n"]) -> Int32[np.ndarray, "a b"]:
        """Index in the table of left[i] * right[j], or -1."""
        return self._find(left, right, 1)

    def find_pairs(
        self, rows: Int[np.ndarray, "k n"], left: Int[np.ndarray, " pairs"], right: Int[np.ndarray, " pairs"]
    ) -> Int32[np.ndarray, " pairs"]:
        """Index in the table of rows[left[k]] * rows[right[k]], or -1."""
        keys = self._keys(rows)
        index = self._matches(keys[left] + keys[right])
        if not self._keys.exact:
            where = np.flatnonzero(index >= 0)
            words, i, j = np.ascontiguousarray(self._keys.words(rows).T), left[where], right[where]
            right_ones = np.ones(len(where), bool)
            for own, table in zip(words, self._words_in_turn, strict=True):
                right_ones &= table[index[where]] == own[i] + own[j]
            index[where[~right_ones]] = -1
        return index

    def find_all_pairs(
        self, rows: Int[np.ndarray, "k n"]
    ) -> Iterator[tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"], Int32[np.ndarray, " pairs"]]]:
        """All pairs i <= j whose product rows[i] * rows[j] is in the table, as (i, j, index), some at a time by i and
        then by j.

        A bit table of scrambled keys first drops nearly all other pairs: additive keys stay additive when they are
        multiplied by an odd number modulo 2^64.

        >>> table = RowTable(np.array([[2, 0], [1, 1], [0, 5]]), np.array([4, 5]))
        >>> [[column.tolist() for column in part] for part in table.find_all_pairs(np.array([[1, 0], [0, 1]]))]
        [[[0, 0], [0, 1], [0, 1]]]
        """
        shift = np.uint64(64 - min(max(len(self._sorted).bit_length() + 6, 12), 24))
        marked = np.zeros(1 << (64 - int(shift)), bool)
        marked[((self._sorted.view(np.uint64) * _SCRAMBLE) >> shift).view(np.int64)] = True
        spread = self._keys(rows).view(np.uint64) * _SCRAMBLE
        step = max(_SLICE // max(len(rows), 1), 1)
        for start in range(0, len(rows), step):
            sums = spread[start : start + step, None] + spread[None, start:]
            sums >>= shift
            left, right = np.nonzero(marked[sums.view(np.int64)])
            upper = left <= right
            left, right = left[upper] + start, right[upper] + start
            index = self.find_pairs(rows, left, right)
            found = index >= 0
            yield left[found], right[found], index[found]

    def find_quotients(self, left: Int[np.ndarray, "a n"], right: Int[np.ndarray, "b n"]) -> Int32[np.ndarray, "a b"]:
        """Index in the table of left[i] / right[j], or -1 where it is not there or not a monomial."""
        return self._find(left, right, -1)

    def _find(self, left: np.ndarray, right: np.ndarray, sign: int) -> Int32[np.ndarray, "a b"]:
        index = self._matches(self._keys(left)[:, None] + sign * self._keys(right)[None, :])
        if not self._keys.exact:
            words = self._keys.words
            i, j = np.nonzero(index >= 0)
            confirmed = np.all(self._words[index[i, j]] == words(left)[i] + sign * words(right)[j], axis=1)
            index[i[~confirmed], j[~confirmed]] = -1
        return index

    def _matches(self, wanted: Int64[np.ndarray, "*shape"]) -> Int32[np.ndarray, "*shape"]:
        """Index in the table of each key, or -1."""
        if not len(self._sorted):
            return np.full(wanted.shape, -1, np.int32)
        position = np.searchsorted(self._sorted, wanted)
        np.minimum(position, len(self._sorted) - 1, out=position)
        return np.where(self._sorted[position] == wanted, self._order[position], np.int32(-1))


def contained(rows: Int[np.ndarray, "k n"], among: Int[np.ndarray, "m n"]) -> Bool[np.ndarray, " k"]:
    """Which monomials of `rows` stand in `among` (distinct rows).

    >>> contained(np.array([[1, 0], [0, 3]]), np.array([[0, 0], [1, 0]])).tolist()
    [True, False]
    """
    return RowTable(among, np.maximum(rows.max(axis=0, initial=0), among.max(axis=0, initial=0))).find(rows) >= 0


def same_monomials(left: Int[np.ndarray, "k n"], right: Int[np.ndarray, "k n"]) -> bool:
    """Whether two lists of distinct monomials hold the same ones, in any order.

    >>> same_monomials(np.array([[1, 0], [0, 3]]), np.array([[0, 3], [1, 0]]))
    True
    """
    return len(left) == len(right) and bool(contained(left, right).all())


def group_products(
    rows: Int[np.ndarray, "k n"],
) -> tuple[Int32[np.ndarray, " pairs"], Int32[np.ndarray, " groups"]]:
    """Number the distinct products of the pairs i <= j, taken in the order of `numpy.triu_indices(k)`.

    Returns the number of each pair's product, and for each number the position of one pair that has it.

    >>> numbers, pairs = group_products(np.array([[0], [1], [2]]))
    >>> numbers.tolist(), pairs.tolist()
    ([0, 1, 2, 2, 3, 4], [0, 1, 2, 4, 5])
    """
    return group_pairs(rows, *np.triu_indices(len(rows)))


def group_pairs(
    rows: Int[np.ndarray, "k n"], left: Int[np.ndarray, " pairs"], right: Int[np.ndarray, " pairs"]
) -> tuple[Int32[np.ndarray, " pairs"], Int32[np.ndarray, " groups"]]:
    """The same for the products rows[left[k]] * rows[right[k]].

    >>> numbers, pairs = group_pairs(np.array([[0], [1], [2]]), np.array([0, 1]), np.array([2, 1]))
    >>> numbers.tolist(), pairs.tolist()
    ([0, 0], [0])
    """
    if not len(left):
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    largest = 2 * rows.max(axis=0)
    for attempt in range(_ATTEMPTS):
        keys = ExponentKeys(largest, attempt)
        key = keys(rows)
        products = key[left] + key[right]
        order = np.argsort(products)
        arranged = products[order]
        starts = np.concatenate([[True], arranged[1:] != arranged[:-1]])
        numbers = np.empty(len(order), np.int32)
        numbers[order] = np.cumsum(starts, dtype=np.int32) - np.int32(1)
        firsts = order[starts].astype(np.int32)
        if keys.exact:
            return numbers, firsts
        leaders = firsts[numbers]
        words = np.ascontiguousarray(keys.words(rows).T)
        if all(np.array_equal(w[left] + w[right], w[left[leaders]] + w[right[leaders]]) for w in words):
            return numbers, firsts
    raise RuntimeError(f"no collision-free keys in {_ATTEMPTS} attempts: this is a defect, please report it")


def integral_midpoints(
    rows: Int[np.ndarray, "k n"], chunk: int = 2**22
) -> Iterator[tuple[Int64[np.ndarray, " pairs"], Int64[np.ndarray, " pairs"]]]:
    """All pairs i != j, each once, for which (rows[i] + rows[j]) / 2 is integral, in chunks of about `chunk` pairs.

    Only rows of equal parity are paired, which leaves about one pair in 2^n.

    >>> [(i.tolist(), j.tolist()) for i, j in integral_midpoints(np.array([[0, 0], [1, 0], [2, 4], [4, 0]]))]
    [([0, 0, 2], [2, 3, 3])]
    """
    parity = np.packbits((rows & 1).astype(bool), axis=1)
    _, group = np.unique(parity, axis=0, return_inverse=True)
    order = np.argsort(group.ravel(), kind="stable")
    sizes = np.bincount(group.ravel(), minlength=1)
    after = np.repeat(np.cumsum(sizes), sizes) - np.arange(len(rows)) - 1
    start = 0
    while start < len(rows):
        stop = start + max(1, int(np.searchsorted(np.cumsum(after[start:]), chunk)))
        counts = after[start:stop]
        first = np.repeat(np.arange(start, start + len(counts)), counts)
        offset = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
        yield order[first], order[first + 1 + offset]
        start = stop


def distinct_rows(rows: Int[np.ndarray, "k n"]) -> Int[np.ndarray, "distinct n"]:
    """Each monomial once, in an order that depends on the set of monomials only.

    >>> distinct_rows(np.array([[2, 0], [0, 1], [2, 0]])).tolist()
    [[2, 0], [0, 1]]
    """
    keys = ExponentKeys(rows.max(axis=0, initial=0))
    if keys.exact:
        _, first = np.unique(keys(rows), return_index=True)
        return rows[first]
    words = keys.words(rows)
    order = np.lexsort(words.T)
    new = np.ones(len(rows), bool)
    new[1:] = (words[order[1:]] != words[order[:-1]]).any(axis=1)
    return rows[order[new]]


def occurrences(
    rows: Int[np.ndarray, "k n"],
) -> Iterator[tuple[Int64[np.ndarray, " members"], Int[np.ndarray, " members"]]]:
    """For each variable the monomials that it occurs in, ascending, and its exponents there.

    >>> [(members.tolist(), powers.tolist()) for members, powers in occurrences(np.array([[2, 0], [1, 3]]))]
    [([0, 1], [2, 1]), ([1], [3])]
    """
    member, variable = nonzeros(rows)
    powers = rows[member, variable]
    order = np.argsort(variable, kind="stable")
    ends = np.cumsum(np.bincount(variable, minlength=rows.shape[1]))
    for end, count in zip(ends.tolist(), np.diff(ends, prepend=0).tolist(), strict=True):
        own = order[end - count : end]
        yield member[own], powers[own]


def even_rows(rows: Int[np.ndarray, "k n"]) -> Bool[np.ndarray, " k"]:
    """Which monomials are squares.

    >>> even_rows(np.array([[2, 0], [1, 1]])).tolist()
    [True, False]
    """
    return np.bitwise_or.reduce(rows, axis=1) & 1 == 0
