"""Numbers of "Neural Sum-of-Squares" (ICLR 2026) that our experiments are set beside."""

from nsos_jax.sampling import Structure

RAW: dict[Structure, tuple[int, int]] = {
    "dense": (13, 86),
    "low-rank": (73, 14),
    "sparse": (38, 25),
    "block-diagonal": (57, 13),
}
"""Experiment 2, degree 20: per cent of exact and of insufficient predictions, without repair."""
REPAIRED: dict[Structure, int] = {"dense": 4, "low-rank": 0, "sparse": 1, "block-diagonal": 5}
"""Experiment 3, degree 20: per cent of insufficient predictions, greedy repair and permutations combined."""
TABLE_1: dict[tuple[Structure, int, int, int], tuple[float, ...]] = {
    ("sparse", 6, 20, 60): (73, 233, 7.4, 1606),
    ("dense", 6, 20, 60): (89, 236, 18.3, 1630),
    ("dense", 8, 20, 30): (38, 32, 3.4, 309),
    ("sparse", 8, 20, 30): (27, 28, 0.62, 15.3),
}
"""Experiment 1 by structure, n, d, m: sizes of the basis and of the half Newton polytope, seconds of both."""
LARGE_SCALE: dict[tuple[int, int], dict[str, float]] = {
    (6, 20): {"paper": 5.64, "TSSOS": 86.53, "Chordal": 105.54, "SoS.jl": 119.98},
    (6, 40): {"paper": 42.8},
    (8, 20): {"paper": 1.46, "TSSOS": 2674.5, "SoS.jl": 3037.85, "Chordal": 3452.98},
    (100, 10): {"paper": 18.3},
}
"""Experiment 4 by n, d: seconds of the paper's method, and of the other solvers where they finish."""
OOD_CELLS = tuple((degree, size) for degree in (10, 12, 14, 16) for size in (20, 25, 35, 40))
"""Cells of D.7, six variables: degree, basis size."""
OOD: dict[Structure, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "block-diagonal": (
        (17, 11, 6, 6, 26, 17, 13, 11, 22, 20, 13, 10, 13, 14, 16, 6),
        (98, 90, 92, 86, 90, 90, 89, 88, 93, 90, 81, 80, 73, 76, 67, 55),
    ),
    "dense": (
        (100, 100, 98, 89, 100, 100, 100, 82, 100, 100, 93, 77, 100, 100, 86, 66),
        (100, 100, 100, 100, 100, 100, 100, 99, 100, 100, 91, 78, 100, 99, 71, 55),
    ),
    "sparse": (
        (18, 6, 1, 0, 17, 4, 0, 0, 18, 8, 0, 0, 9, 2, 0, 0),
        (99, 97, 97, 89, 100, 98, 95, 87, 98, 97, 85, 77, 82, 76, 54, 45),
    ),
}
"""D.7: per cent feasible after repair, of models trained on dense and on sparse matrices, cell by cell. The captions of
these tables are lost: which structure a table is for is our reading, and there is none for low-rank matrices."""
