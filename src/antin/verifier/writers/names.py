"""Who a certificate names, in the parts that an office looks for."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from antin.verifier.writers.visible import visible

_MAX_NAME: Final = 8_192
"""Characters of a distinguished name that is taken apart; a longer one is shown as it is."""


@dataclass(frozen=True)
class Named:
    """A subject or issuer; every text is made visible."""

    name: str
    """Its common name, or all of it where it has none."""
    units: str = ""
    """Organisational units and organisation, the smallest first; empty when it names none."""
    is_organisation: bool = False
    """Whether the certificate names an organisation itself, as those of agency seals do."""


@lru_cache(maxsize=256)
def named(distinguished_name: str) -> Named:
    """Return the parts of an RFC 4514 name; what can't be taken apart is shown whole."""
    if len(distinguished_name) > _MAX_NAME:
        return Named(visible(distinguished_name))
    try:
        parsed = x509.Name.from_rfc4514_string(distinguished_name)
    except ValueError:
        return Named(visible(distinguished_name))
    common = _of(parsed, NameOID.COMMON_NAME)
    organisations = _of(parsed, NameOID.ORGANIZATION_NAME)
    if not common:
        return Named(visible(distinguished_name), visible(", ".join(organisations)))
    same = common[0].casefold() in {one.casefold() for one in organisations}
    organisation = same or bool(_of(parsed, NameOID.ORGANIZATION_IDENTIFIER))
    units = (*_of(parsed, NameOID.ORGANIZATIONAL_UNIT_NAME), *organisations)
    return Named(common[0], visible(", ".join(units)), organisation)


def _of(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    return [visible(one.value) for one in name.get_attributes_for_oid(oid)]
