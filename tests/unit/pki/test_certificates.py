"""A certificate is read whole or not at all: nothing in it breaks off a later rule."""

import pytest
from asn1crypto import core, x509

from antin.core.errors import InputError
from antin.pki.certificates import load_certificate
from tests.smallpki import make_root


@pytest.mark.parametrize("field", ["not_before", "not_after"])
def test_a_time_before_all_calendars_is_found_at_once(field: str) -> None:
    certificate = x509.Certificate.load(make_root().der)
    validity = certificate["tbs_certificate"]["validity"]
    validity[field] = x509.Time("general_time", core.GeneralizedTime(contents=b"00000101000000Z"))
    with pytest.raises(InputError) as caught:
        load_certificate(certificate.dump(force=True))
    assert caught.value.code == "certificate_malformed"
