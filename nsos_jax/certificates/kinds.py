"""All kinds of certificates, by the word in the file."""

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.near_sos import NearSosCertificate
from nsos_jax.certificates.negative_point import NegativePointCertificate
from nsos_jax.certificates.nonneg import NonnegCertificate
from nsos_jax.certificates.not_sos import NotSosCertificate
from nsos_jax.certificates.not_sos_over_q import NotSosOverQCertificate
from nsos_jax.certificates.sos import SosCertificate
from nsos_jax.certificates.sos_over_field import SosOverFieldCertificate

KINDS: dict[str, type[Certificate]] = {
    kind.kind: kind
    for kind in (
        SosCertificate,
        SosOverFieldCertificate,
        NonnegCertificate,
        NegativePointCertificate,
        NotSosCertificate,
        NotSosOverQCertificate,
    )
}


def kind_of(word: str, keys: set[str]) -> type[Certificate]:
    """The class of a file with this `kind`; a `sos` file with the keys of an almost-certificate is one."""
    if word == "sos" and keys & {"epsilon", "of"}:
        return NearSosCertificate
    return KINDS[word]
