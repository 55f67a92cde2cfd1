"""Certifies a few polynomials together and checks every certificate again: python examples/certify_batch.py"""

from nsos_jax import Polynomial, certify_batch

texts = ["x^4 - 2*x^2*y + y^2 + 1", "x^2 - y^2", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1"]
for text, result in zip(texts, certify_batch(map(Polynomial.parse, texts)), strict=True):
    print(f"{result.status:<8} {text}")
    if result.certificate is not None:
        print(f"         {result.certificate.verify()}")
