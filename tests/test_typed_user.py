"""The annotations of `typed_user.py`, which `scripts/check.sh` hands to mypy, say what is there when it runs."""

from fractions import Fraction

import typed_user

from nsos_jax import Polynomial


def test_what_the_annotations_say_is_true():
    assert typed_user.one("x^4 - 2*x^2*y + y^2 + 1").startswith("sos:")
    assert typed_user.batch(["x^2 - y", "x^2"]) == {"x^2 - y": "NEGATIVE", "x^2": "SOS"}
    lower, upper = typed_user.bound()
    assert isinstance(lower, Fraction)
    assert isinstance(upper, Fraction)
    assert isinstance(typed_user.program(), Polynomial)
    conclusion, function = typed_user.stable()
    assert conclusion == "the origin is globally asymptotically stable"
    assert isinstance(function, Polynomial)
