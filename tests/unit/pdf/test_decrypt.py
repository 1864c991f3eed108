"""Files that are encrypted, but open without a password."""

import re
from io import BytesIO
from typing import Literal

import pikepdf
import pytest

from antin.core.errors import InputError
from antin.pdf.objects import Ref
from tests.pdfs import appended, letter, opened

Revision = Literal[2, 3, 4, 6]


def encrypted(user: str = "", revision: Revision = 6) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(letter(1, more={60: b"(a secret)"}))) as pdf:
        pdf.Root.Secret = pdf.get_object(60, 0)
        encryption = pikepdf.Encryption(
            owner="owner", user=user, R=revision, metadata=revision >= 4, aes=revision >= 4
        )
        pdf.save(out, encryption=encryption, static_id=True)
    return out.getvalue()


def secret(data: bytes) -> object:
    view = opened(data).final_view
    return view.resolve(view.catalog.get("Secret"))


@pytest.mark.parametrize("revision", [2, 3, 4, 6])
def test_the_empty_password_opens_strings(revision: Revision) -> None:
    assert secret(encrypted(revision=revision)) == b"a secret"


def test_parts_of_the_encryption_may_lie_in_objects_of_their_own() -> None:
    data = encrypted()
    found = re.search(rb"/CF << (/StdCF (<<[^>]*>>)) >>", data)
    assert found is not None
    changed = data.replace(found[0], b"/CF 900 0 R".ljust(len(found[0])))
    changed = appended(changed, {900: b"<</StdCF 901 0 R>>", 901: found[2]}, trailer=b"")
    assert isinstance(opened(changed).final_view.trailer["Encrypt"], Ref)
    assert secret(changed) == b"a secret"


def test_another_password_is_not_tried() -> None:
    with pytest.raises(InputError) as caught:
        opened(encrypted(user="user"))
    assert caught.value.code == "pdf_encrypted"
