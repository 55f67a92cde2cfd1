"""Groups of signed permutations by what is known of their structure: products of symmetric groups, or rotations."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int

from nsos_jax.bases.symmetry.signed import SignedPermutation, sign_of
from nsos_jax.polynomials import Polynomial


@dataclass(frozen=True, eq=False)
class Symmetry:
    """A group that fixes p(d x), where d has coordinates 1 and -1.

    Attributes:
      signs: d.
      factors: of each symmetric group the lists of variables that it permutes, int [k, width] with k > 1.
      rotation: the generator of a cyclic group, where there is no symmetric one.
      reflection: s with s^2 = 1 that turns the rotation around, s r s = r^-1.
    """

    signs: tuple[int, ...]
    factors: tuple[Int[np.ndarray, "k width"], ...] = ()
    rotation: SignedPermutation | None = None
    reflection: SignedPermutation | None = None

    @property
    def num_variables(self) -> int:
        return len(self.signs)

    @property
    def is_trivial(self) -> bool:
        return not self.factors and self.rotation is None

    @cached_property
    def generators(self) -> tuple[SignedPermutation, ...]:
        """Elements that generate the group."""
        plain = [SignedPermutation.plain(images) for factor in self.factors for images in self._two_images(factor)]
        return (*plain, *(other for other in (self.rotation, self.reflection) if other is not None))

    def _two_images(self, factor: Int[np.ndarray, "k width"]) -> Iterator[list[int]]:
        """Of the swap of the first two lists and, where there are more, of the cycle of all."""
        for lists in (factor[:2], factor)[: len(factor) - 1]:
            images = list(range(self.num_variables))
            for source, target in zip(lists.ravel().tolist(), np.roll(lists, -1, axis=0).ravel().tolist(), strict=True):
                images[source] = target
            yield images

    def random_element(self, generator: np.random.Generator) -> SignedPermutation:
        """An element, all of them equally likely."""
        element = SignedPermutation.plain(range(self.num_variables))
        for lists in self.factors:
            images = np.arange(self.num_variables)
            images[lists] = generator.permutation(lists)
            element = element.then(SignedPermutation.plain(images.tolist()))
        if self.rotation is not None:
            for _ in range(generator.integers(self.rotation.order)):
                element = element.then(self.rotation)
        if self.reflection is not None and generator.integers(2):
            element = element.then(self.reflection)
        return element

    def changed(self, polynomial: Polynomial) -> Polynomial:
        """p(d x)."""
        signs = np.array(self.signs)
        if (signs > 0).all():
            return polynomial
        flips = sign_of(polynomial.exponents, signs).tolist()
        coefficients = [sign * value for sign, value in zip(flips, polynomial.coefficients, strict=True)]
        return Polynomial.from_arrays(polynomial.exponents, coefficients, polynomial.variables)
