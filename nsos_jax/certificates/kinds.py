"""All kinds of certificates, by the word in the file."""

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.near_sos import NearSosCertificate
from nsos_jax.certificates.negative_point import NegativePointCertificate
from nsos_jax.certificates.not_sos import NotSosCertificate
from nsos_jax.certificates.sos import SosCertificate

KINDS: dict[str, type[Certificate]] = {
    "sos": SosCertificate,
    "negative_point": NegativePointCertificate,
    "not_sos": NotSosCertificate,
}


def kind_of(word: str, keys: set[str]) -> type[Certificate]:
    """The class of a file with this `kind`; a `sos` file with the keys of an almost-certificate is one."""
    if word == "sos" and keys & {"epsilon", "of"}:
        return NearSosCertificate
    return KINDS[word]
