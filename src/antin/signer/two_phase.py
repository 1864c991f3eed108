"""Signing in two phases: prepare here, sign where the key is, complete here."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from antin.core.bytesource import ByteSource, FileSource
from antin.core.digests import digest_ranges, same
from antin.core.errors import RefusedError
from antin.pdf.dates import format_date
from antin.pdf.objects import Dictionary, Name, Value, text_string
from antin.pki.certificates import load_certificate
from antin.pki.fetching import TimestampService
from antin.pki.timestamps import TimestampFacts
from antin.signer import algorithms
from antin.signer.appearance.stamp import place
from antin.signer.cms_write import signed_attributes, signed_data
from antin.signer.container_size import TIMESTAMP_ALLOWANCE, container_size
from antin.signer.field_writing import sign_field
from antin.signer.fields import check_permissions, choose_field, existing_field
from antin.signer.files import copy_source, fsync_path
from antin.signer.incremental import open_for_update
from antin.signer.permissions import Rules, check_certification
from antin.signer.placeholder import fill, is_blank, write_revision
from antin.signer.request import Prepared, SignatureRequest
from antin.signer.seeds import follow_seed
from antin.signer.timestamping import stamp
from antin.signer.warnings import warnings_about


@dataclass(frozen=True)
class CompletedSignature:
    """What was put into the file."""

    field_name: str
    cms: bytes
    """DER ContentInfo."""
    timestamp: bytes | None
    """DER signature time-stamp token, from B-T up."""
    timestamp_time: datetime | None


def prepare(
    source: ByteSource,
    output: Path,
    request: SignatureRequest,
    timestamp_bytes: int = TIMESTAMP_ALLOWANCE,
) -> Prepared:
    """Write ``source`` plus a revision with an empty signature to ``output``.

    ``output`` is a temporary file of the caller's; it begins with the bytes of ``source`` and is
    worthless after an error. ``timestamp_bytes`` is the room kept for a time-stamp from B-T up.
    The certificate's validity is :func:`antin.signer.admissibility.check_certificate`'s business.

    Errors: ``InputError`` for an unusable PDF, image or certificate; ``field_taken``,
    ``field_invalid``, ``field_locked``, ``signing_forbidden``, ``certification_not_first``,
    ``seed_value_unmet``, ``image_translucent``,
    ``algorithm_forbidden``, ``storage_full``.
    """
    # 1. Key and algorithm fit each other and are strong enough (CRY-1).
    algorithms.check_key_fits(load_certificate(request.certificate), request.algorithm)
    for issuer in request.chain:
        load_certificate(issuer)
    digest = hashlib.new(request.algorithm.digest)
    copy_source(source, output, digest)
    reserved = container_size(request, timestamp_bytes)
    # 2. The bytes are a PDF that can be read, whole and not encrypted.
    with open_for_update(output) as update:
        # 3. No earlier signature forbids a further one, and the field is free.
        name = choose_field(update.document, request.field_name)
        check_permissions(update.document, name)
        field = existing_field(update.document, name)
        request, ignored = follow_seed(update.document, field, request)
        check_certification(update.document, request.certify)
        # 4. The revision, appended: what was there is not touched.
        placement = place(update, request.stamp) if request.stamp else None
        rules = Rules(request.certify, request.lock)
        sign_field(update, name, _entries(request), reserved, placement, rules)
        warnings = (*ignored, *warnings_about(update.document, reserved, placement))
        written = write_revision(output, update, digest)
    # 5. What the key will sign (EN 319 142-1 §6.3).
    attributes = signed_attributes(written.digest, request.certificate, request.algorithm)
    return Prepared(
        field_name=name,
        signed_attributes=attributes,
        document_digest=written.digest,
        byte_range=written.byte_range,
        reserved=reserved,
        certificate=request.certificate,
        chain=request.chain,
        algorithm=request.algorithm,
        warnings=warnings,
    )


def check_value(prepared: Prepared, signature: bytes) -> None:
    """Raise ``signature_value_wrong`` unless ``signature`` is the one that was asked for.

    Cheap: no file is read. Nothing that comes back from a desk is embedded without this.
    """
    certificate = load_certificate(prepared.certificate)
    algorithms.check_value(certificate, prepared.algorithm, prepared.signed_attributes, signature)


def check_file(prepared_file: Path, prepared: Prepared) -> None:
    """Raise ``prepared_document_wrong`` unless the file is what was prepared, and not completed."""
    with FileSource(prepared_file) as source:
        _, start, end, rest = prepared.byte_range
        if not is_blank(source, prepared.byte_range):
            raise RefusedError("prepared_document_wrong", detail="its container is not blank")
        digest = digest_ranges(source, [(0, start), (end, rest)], prepared.algorithm.digest)
    if not same(digest, prepared.document_digest):
        raise RefusedError("prepared_document_wrong", detail="its content was changed")


def complete(
    prepared_file: Path,
    prepared: Prepared,
    signature: bytes,
    timestamps: TimestampService | None,
) -> CompletedSignature:
    """Put the signature into ``prepared_file``, in place, and sync it.

    With ``timestamps`` a signature time-stamp is fetched, checked and embedded (B-T). Until the
    last step nothing is written: after an error the file can be completed again.

    Errors: ``prepared_document_wrong``, and those of :func:`embed`.
    """
    check_file(prepared_file, prepared)
    done = embed(prepared_file, prepared, signature, timestamps)
    fsync_path(prepared_file)
    return done


def embed(
    prepared_file: Path,
    prepared: Prepared,
    signature: bytes,
    timestamps: TimestampService | None,
) -> CompletedSignature:
    """Do what :func:`complete` does to a file that nobody else can have touched; nothing is synced.

    Errors: ``prepared_document_wrong``, ``signature_value_wrong``, ``container_too_small`` (prepare
    anew with the needed room), ``storage_full``, those of
    :func:`antin.signer.timestamping.stamp`.
    """
    # 1. The attributes are those of this document and this certificate.
    wanted = signed_attributes(prepared.document_digest, prepared.certificate, prepared.algorithm)
    if not same(wanted, prepared.signed_attributes):
        raise RefusedError("prepared_document_wrong", detail="its signed attributes were changed")
    # 2. The value was made by the certificate's key over these attributes.
    check_value(prepared, signature)
    # 3. From B-T up: a time-stamp over the value, checked before use (EN 319 142-1 §5.4.3).
    token = _timestamp(prepared, signature, timestamps)
    # 4. The container, filled in place.
    container = signed_data(
        prepared.signed_attributes,
        signature,
        certificate=prepared.certificate,
        chain=prepared.chain,
        algorithm=prepared.algorithm,
        timestamp=token.token if token else None,
    )
    fill(prepared_file, prepared.byte_range, container)
    return CompletedSignature(
        field_name=prepared.field_name,
        cms=container,
        timestamp=token.token if token else None,
        timestamp_time=token.gen_time if token else None,
    )


def _entries(request: SignatureRequest) -> Dictionary:
    """Return what the signature dictionary says beside its container (EN 319 142-1 §6.3)."""
    entries: dict[str, Value] = {
        "Type": Name("Sig"),
        "Filter": Name("Adobe.PPKLite"),
        "SubFilter": Name("ETSI.CAdES.detached"),
        "M": format_date(request.signing_time),
    }
    said = {
        "Name": request.signer_name,
        "Location": request.location,
        "Reason": request.reason,
    }
    return entries | {key: text_string(value) for key, value in said.items() if value}


def _timestamp(
    prepared: Prepared, signature: bytes, timestamps: TimestampService | None
) -> TimestampFacts | None:
    if timestamps is None:
        return None
    algorithm = prepared.algorithm.digest
    return stamp(timestamps, hashlib.new(algorithm, signature).digest(), algorithm)
