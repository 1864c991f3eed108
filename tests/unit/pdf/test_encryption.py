"""Files that are encrypted, but open without a password: reading them, and adding to them."""

import re
from io import BytesIO
from typing import Literal

import pikepdf
import pytest

from antin.core.errors import InputError
from antin.pdf.access import Access
from antin.pdf.objects import Name, Ref
from antin.pdf.serialise import NewStream
from antin.pdf.writer import Signed, Update
from tests.pdfs import appended, letter, opened

Revision = Literal[2, 3, 4, 5, 6]
Cipher = Literal["RC4", "AES"]
REVISIONS: tuple[Revision, ...] = (2, 3, 4, 5, 6)
EVERYTHING = pikepdf.Permissions()
# Revision 5 came before PDF 2.0 and went with it.
pytestmark = pytest.mark.filterwarnings("ignore:Encryption R=5 is deprecated")


def encrypted(
    user: str = "",
    revision: Revision = 6,
    *,
    owner: str = "owner",
    allow: pikepdf.Permissions = EVERYTHING,
    cipher: Cipher = "AES",
) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(letter(1, more={60: b"(a secret)"}))) as pdf:
        pdf.Root.Secret = pdf.get_object(60, 0)
        encryption = pikepdf.Encryption(
            owner=owner,
            user=user,
            R=revision,
            metadata=revision >= 4 and cipher == "AES",
            aes=revision >= 4 and cipher == "AES",
            allow=allow,
        )
        pdf.save(out, encryption=encryption, static_id=True)
    return out.getvalue()


def secret(data: bytes) -> object:
    view = opened(data).final_view
    return view.resolve(view.catalog.get("Secret"))


@pytest.mark.parametrize("revision", REVISIONS)
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


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_password_of_revision_is_not_taken_for_none(revision: Revision) -> None:
    with pytest.raises(InputError) as caught:
        opened(encrypted(user="user", revision=revision))
    assert caught.value.code == "pdf_encrypted"


CIPHERS = [(2, "RC4"), (3, "RC4"), (4, "RC4"), (4, "AES"), (5, "AES"), (6, "AES")]


@pytest.mark.parametrize(("revision", "cipher"), CIPHERS)
def test_what_is_added_is_encrypted_as_the_rest(revision: Revision, cipher: Cipher) -> None:
    data = encrypted(revision=revision, cipher=cipher)
    update = Update(opened(data))
    content = b"0 0 1 rg"
    parts = {
        "Text": update.add({"Says": (b"a new secret", {"Deep": b"another secret"})}),
        "Drawn": update.add(NewStream({"Note": b"a third secret"}, content)),
        "Empty": update.add({"Nothing": b""}),
        "Signed": update.add(Signed({"Type": Name("Sig"), "Reason": b"a fourth secret"}, 10)),
    }
    update.set_catalog_entry("Added", parts)
    appendix = update.appendix()
    made = data + appendix.data
    assert b"secret" not in appendix.data
    assert content not in appendix.data
    # Another program reads what was meant.
    with pikepdf.open(BytesIO(made)) as pdf:
        added = pdf.Root.Added
        assert bytes(added.Text.Says[0]) == b"a new secret"
        assert bytes(added.Text.Says[1].Deep) == b"another secret"
        assert bytes(added.Drawn.Note) == b"a third secret"
        assert added.Drawn.read_bytes() == content
        assert bytes(added.Empty.Nothing) == b""
        assert bytes(added.Signed.Reason) == b"a fourth secret"
        assert bytes(pdf.Root.Secret) == b"a secret"
    # And so do we; the container of a signature stands there as it is (ISO 32000-2 §7.6.2).
    view = opened(made).final_view
    signature = view.dictionary(parts["Signed"])
    assert (signature["Reason"], signature["Contents"]) == (b"a fourth secret", bytes(10))


def test_an_object_that_is_changed_is_encrypted_anew() -> None:
    data = encrypted(revision=3)
    document = opened(data)
    number = document.final_view.catalog["Secret"]
    update = Update(document)
    assert isinstance(number, Ref)
    update.replace(number.number, (update.resolve(number), b"more of it"))
    with pikepdf.open(BytesIO(data + update.appendix().data)) as pdf:
        assert [bytes(one) for one in pdf.Root.Secret] == [b"a secret", b"more of it"]


def access(
    allow: pikepdf.Permissions, revision: Revision = 6, owner: str = "owner"
) -> tuple[bool, bool]:
    found = opened(encrypted(revision=revision, owner=owner, allow=allow)).access
    return found.fill_fields, found.make_fields


NOTHING = pikepdf.Permissions(
    accessibility=False,
    extract=False,
    modify_annotation=False,
    modify_assembly=False,
    modify_form=False,
    modify_other=False,
    print_lowres=False,
    print_highres=False,
)


@pytest.mark.parametrize("revision", [3, 4, 6])
def test_what_the_owner_allows(revision: Revision) -> None:
    assert access(EVERYTHING, revision) == (True, True)
    assert access(NOTHING, revision) == (False, False)
    only_forms = NOTHING._replace(modify_form=True)
    assert access(only_forms, revision) == (True, False)
    assert access(NOTHING._replace(modify_annotation=True), revision)[1] is False
    both = NOTHING._replace(modify_annotation=True, modify_other=True, modify_form=True)
    assert access(both, revision) == (True, True)


def test_the_owner_may_do_everything() -> None:
    assert access(NOTHING, 6, owner="") == (True, True)
    assert access(NOTHING, 3, owner="") == (True, True)
    assert access(NOTHING, 5, owner="") == (True, True)


def test_revision_2_knows_no_bit_for_filling_in() -> None:
    assert Access(1 << 8, 2).fill_fields is False
    assert Access(1 << 8, 3).fill_fields is True
    assert Access(1 << 5, 2).fill_fields is True


def test_a_file_that_is_not_encrypted_allows_everything() -> None:
    found = opened(letter(1)).access
    assert (found.fill_fields, found.make_fields) == (True, True)
