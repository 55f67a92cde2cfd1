"""What is refused because it would take too much memory or time, with the option that says so."""

from nsos_jax.memory_sizes import memory_text

_SMALL = 1 << 20
"""Bytes below which a limit may have been meant in another unit."""


class TooLarge(ValueError):
    """There would be more candidate monomials, entries or bytes than the limit allows."""


class DeadlineExceeded(TimeoutError):
    """The deadline passed before it was finished, or would pass."""


def check_memory(need: float, limit: float, what: str) -> None:
    """Refuses what needs more bytes than the limit.

    Raises:
      TooLarge: with the size and the limit.

    >>> check_memory(3 << 30, 2 << 30, "a basis of 5000 monomials")
    Traceback (most recent call last):
        ...
    nsos_jax.bases.limits.TooLarge: a basis of 5000 monomials: about 3 GiB are needed, the limit is 2 GiB (memory_limit)
    """
    if need > limit:
        hint = ', bytes where it has no unit such as "GiB"' if limit < _SMALL else ""
        needed = f"about {memory_text(need)} are needed, the limit is {memory_text(limit)}"
        raise TooLarge(f"{what}: {needed} (memory_limit{hint})")


def check_time(left: float, limit: float, need: float = 0.0, what: str = "") -> None:
    """Refuses to go on without time, or with what takes more seconds than are left.

    Args:
      left: seconds until the deadline.
      limit: the time limit that led to it.
      need: seconds that it takes at least.
      what: takes them.

    Raises:
      DeadlineExceeded: with what is left.
    """
    if left <= 0:
        raise DeadlineExceeded(time_is_over(limit))
    if need > left:
        needed = f"at least about {need:.0f} s are needed, {left:.0f} s of the time limit of {limit:g} s are left"
        raise DeadlineExceeded(f"{what}: {needed} (time_limit)")


def time_is_over(limit: float) -> str:
    """What is said then.

    >>> time_is_over(60.0)
    'the time limit of 60 s was reached (time_limit)'
    """
    return f"the time limit of {limit:g} s was reached (time_limit)"
