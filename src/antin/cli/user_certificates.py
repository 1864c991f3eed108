"""``antin user certificate``: which certificates a user may sign with."""

from pathlib import Path
from typing import Annotated

import typer

from antin.cli import local
from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import listing, say
from antin.cli.session import acting
from antin.cli.texts import _
from antin.core.errors import InputError, KeyDeviceError, UsageError
from antin.core.limits import MAX_CERTIFICATE_BYTES

_COLUMNS = ("id", "kind", "value", "label", "created_at", "removed_at")
_USER_ID = typer.Argument(metavar="USER_ID", help=_("Id of the user."))


def register(users: typer.Typer) -> None:
    """Add the group to ``antin user``."""
    group = typer.Typer(help=_("Certificates that a user may sign with."))
    users.add_typer(group, name="certificate")

    @group.command(help=_("Let a user sign by one certificate, or all with their number."))
    def add(
        user: Annotated[str, _USER_ID],
        file: Annotated[
            Path | None, typer.Argument(metavar="FILE", help=_("The certificate, PEM or DER."))
        ] = None,
        *,
        credential: Annotated[
            str | None, typer.Option(metavar="NAME", help=_("The certificate of a key of ours."))
        ] = None,
        identity: Annotated[
            str | None,
            typer.Option(metavar="NUMBER", help=_("As the certificates spell it: CCCD:…")),
        ] = None,
        label: Annotated[str, typer.Option(help=_("What it is, for people."))] = "",
        data: DataOption = None,
    ) -> None:
        from antin.flows.signer_certificates import NewCertificate, register_certificate

        if sum(one is not None for one in (file, credential, identity)) != 1:
            detail = _("one of: a file, --credential, --identity")
            raise UsageError("request_invalid", detail=detail)
        certificate = _read(file) if file else None
        if credential:
            certificate = _of_credential(data, credential)
        new = NewCertificate(user, certificate, identity, label)
        with acting(data) as me:
            say(str(register_certificate(me.services, me.call("certificate/add"), new)["id"]))

    @group.command("list", help=_("List what a user may sign with."))
    def list_(
        user: Annotated[str, _USER_ID],
        *,
        how: ListingOption = Listing.TEXT,
        data: DataOption = None,
    ) -> None:
        from antin.flows.signer_certificates import list_certificates

        with acting(data) as me:
            listing(list_certificates(me.services, me.principal, user), _COLUMNS, how)

    @group.command(help=_("Let a user not sign by it any more."))
    def remove(
        certificate: Annotated[
            str, typer.Argument(metavar="ID", help=_("Id of the registration."))
        ],
        *,
        data: DataOption = None,
    ) -> None:
        from antin.flows.signer_certificates import remove_certificate

        with acting(data) as me:
            call = me.call("certificate/remove")
            removed = remove_certificate(me.services, call, certificate)
        say(str(removed["removed_at"]))


def _read(path: Path) -> bytes:
    """Return the DER of the one certificate in a file."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        with path.open("rb") as file:
            content = file.read(2 * MAX_CERTIFICATE_BYTES)
    except OSError as error:
        detail = f"{path}: {error.strerror}"
        raise InputError("certificate_malformed", detail=detail) from error
    if b"-----BEGIN CERTIFICATE-----" not in content:
        return content
    try:
        return x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER)
    except ValueError as error:
        raise InputError("certificate_malformed", detail="PEM") from error


def _of_credential(data: Path | None, name: str) -> bytes:
    certificate = local.signing_key(data, name).certificate
    if certificate is None:
        raise KeyDeviceError("key_without_certificate", key=name, token="?")  # noqa: S106 — a device
    return certificate
