"""What callers send, as strict values: an unknown or misspelt field is refused by name."""

import base64
import binascii
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from antin.core.errors import UsageError
from antin.core.limits import MAX_CERTIFICATE_BYTES, MAX_IMAGE_BYTES, MAX_SIGNERS
from antin.flows.stamps import StampPlan
from antin.pki.algorithms import Digest, Scheme
from antin.records.grants import Role
from antin.records.signing_group import SigningOrder
from antin.signer.request import Certification, Level

Short = Annotated[str, Field(max_length=2_000)]
Id = Annotated[str, Field(max_length=64)]


class Asked(BaseModel):
    """Base of all request bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def fingerprint(self) -> str:
        """Return the same text for the same request, for telling a retry from another request.

        Error: ``request_invalid`` for half a surrogate pair, or nesting without end.
        """
        try:
            return self.model_dump_json()
        except ValueError as error:  # pydantic's own kind of it
            detail = "it holds what JSON can't carry"
            raise UsageError("request_invalid", detail=detail) from error


def _is_base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    return text


def _base64(limit: int) -> Any:
    return Annotated[str, Field(max_length=limit * 4 // 3 + 4), AfterValidator(_is_base64)]


class StampAsked(Asked):
    """A visible stamp at a fixed place, in millimetres from the page's top left corner."""

    page: int = Field(default=1, description="From 1; negative counts from the end")
    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float
    text: Short | None = Field(default=None, description="May hold {number} and {time}")
    image: _base64(MAX_IMAGE_BYTES) | None = Field(default=None, description="PNG in base64")  # type: ignore[valid-type]  # an annotated type made for its limit

    def plan(self) -> StampPlan:
        """Return it in the flows' terms."""
        image = base64.b64decode(self.image) if self.image else None
        return StampPlan.from_json(self.model_dump(exclude={"image"}), image)


class AgencyAsked(Asked):
    """A new agency."""

    code: Short
    name: Short


class UserAsked(Asked):
    """A new user with roles in one agency."""

    name: Short
    agency_id: Id
    roles: tuple[Role, ...]


class ApiKeyAsked(Asked):
    """A new API key for a user."""

    user_id: Id
    label: Short = ""


class ItemAsked(Asked):
    """A line of a records catalogue (Decree 30/2020 appendix V)."""

    code_notation: Short
    heading: Short = ""
    title: Short
    retention: Short
    creator: Short
    note: Short = ""


class CatalogueAsked(Asked):
    """A new yearly records catalogue."""

    agency_id: Id
    year: int = Field(ge=1900, le=9999)
    title: Short
    items: tuple[ItemAsked, ...] = Field(default=(), max_length=10_000)


class RecordAsked(Asked):
    """A new record: from a catalogue line, or ad hoc with all fields."""

    agency_id: Id
    catalogue_item_id: Id | None = None
    code_notation: Short = ""
    title: Short = ""
    retention: Short = ""
    creator: Short = ""
    start_date: date | None = None
    description: Short = ""


class RecordAmended(Asked):
    """New metadata of an open record; fields left out stay as they are."""

    title: Short | None = None
    code_notation: Short | None = None
    retention: Short | None = None
    creator: Short | None = None
    description: Short | None = None


class MemberAsked(Asked):
    """A document to be put into a record."""

    document_id: Id


class ChangeAsked(Asked):
    """Something that happened to a record in the records system."""

    action: Short = Field(examples=["draft.commented"])
    detail: dict[str, Any] = Field(default_factory=dict)


class CertificateAsked(Asked):
    """What a user may sign with: a certificate, or every one that carries a personal number."""

    certificate: _base64(MAX_CERTIFICATE_BYTES) | None = Field(  # type: ignore[valid-type]  # an annotated type made for its limit
        default=None, description="DER in base64"
    )
    identity: Short | None = Field(
        default=None, description="As the subject's UID or serialNumber spells it"
    )
    label: Short = ""


class SignerAsked(Asked):
    """One signature of several."""

    signer_id: Id
    reason: Short | None = None
    location: Short | None = None
    stamp: StampAsked | None = None
    certify: Certification | None = Field(
        default=None,
        description="Certify the document, as its first signature; allow only this later",
    )
    lock: Short | None = Field(
        default=None, description="Make form fields final: all, names with commas, or except:names"
    )


class TaskAsked(Asked):
    """An officer is asked to sign, or several: ``signers`` in ``order``."""

    signer_id: Id | None = None
    signers: tuple[SignerAsked, ...] = Field(default=(), max_length=MAX_SIGNERS)
    order: SigningOrder | None = Field(
        default=None, description="sequence (default): one after the other; parallel: any order"
    )
    reason: Short | None = None
    location: Short | None = None
    stamp: StampAsked | None = None
    certify: Certification | None = Field(
        default=None,
        description="Certify the document, as its first signature; allow only this later",
    )
    lock: Short | None = Field(
        default=None, description="Make form fields final: all, names with commas, or except:names"
    )
    expires_in: timedelta | None = Field(
        default=None, gt=timedelta(0), le=timedelta(days=366), description="Seconds, or ISO 8601"
    )

    @model_validator(mode="after")
    def _one_or_several(self) -> Self:
        if (self.signer_id is None) == (not self.signers):
            raise ValueError("either signer_id or signers")
        alone = (self.reason, self.location, self.stamp, self.certify, self.lock)
        if self.signers and any(alone):
            raise ValueError("with signers, each has a reason, stamp and so on of their own")
        if self.signer_id is not None and self.order is not None:
            raise ValueError("order is for signers")
        return self


class ChoiceAsked(Asked):
    """The certificate that the desk chose, and how its key signs."""

    certificate: _base64(MAX_CERTIFICATE_BYTES) = Field(description="DER in base64")  # type: ignore[valid-type]  # as above
    chain: tuple[_base64(MAX_CERTIFICATE_BYTES), ...] = Field(default=(), max_length=16)  # type: ignore[valid-type]  # as above
    scheme: Scheme
    digest: Digest = "sha256"


class SignatureGiven(Asked):
    """The signature value over the signed attributes."""

    signature: _base64(16_384) = Field(description="In base64; DER for ECDSA")  # type: ignore[valid-type]  # as above


class DeclineAsked(Asked):
    """Why the officer will not sign."""

    reason: Short = ""


class SealAsked(Asked):
    """The agency's seal is asked for."""

    level: Literal[Level.B_B, Level.B_T, Level.B_LT, Level.B_LTA] = Level.B_T
    stamp: StampAsked | None = None
