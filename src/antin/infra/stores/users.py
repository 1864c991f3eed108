"""Users, their API keys, their grants and their certificates."""

from collections.abc import Iterable

from sqlalchemy import select

from antin.infra.stores.rows import Rows, Session, change
from antin.infra.tables import api_keys, grants, signer_certificates, users
from antin.records.grants import ApiKey, Grant, User
from antin.records.signer_certificate import SignerCertificate


class SqlUsers:
    """Implements :class:`antin.records.ports.UserStore`."""

    def __init__(self, session: Session) -> None:
        self._users = Rows(session, users, User)
        self._grants = Rows(session, grants, Grant)
        self._keys = Rows(session, api_keys, ApiKey)
        self._certificates = Rows(session, signer_certificates, SignerCertificate)

    def add(self, user: User) -> None:
        self._users.add(user, "the user")

    def get(self, user_id: str) -> User | None:
        return self._users.one(users.c.id == user_id)

    def list(self, agency_ids: Iterable[str] | None = None) -> tuple[User, ...]:
        if agency_ids is None:
            return self._users.many()
        granted = select(grants.c.user_id).where(grants.c.agency_id.in_(tuple(agency_ids)))
        return self._users.many(users.c.id.in_(granted))

    def add_grant(self, grant: Grant) -> None:
        self._grants.add(grant, "the grant")

    def grants(self, user_id: str) -> tuple[Grant, ...]:
        return self._grants.many(grants.c.user_id == user_id)

    def add_key(self, key: ApiKey) -> None:
        self._keys.add(key, "the API key")

    def key_by_hash(self, secret_sha256: str) -> ApiKey | None:
        return self._keys.one(api_keys.c.secret_sha256 == secret_sha256)

    def get_key(self, key_id: str) -> ApiKey | None:
        return self._keys.one(api_keys.c.id == key_id, lock=True)

    def keys(self, user_id: str | None = None) -> tuple[ApiKey, ...]:
        if user_id is None:
            return self._keys.many()
        return self._keys.many(api_keys.c.user_id == user_id)

    def update_key(self, key: ApiKey) -> None:
        change(self._keys, key)

    def add_certificate(self, certificate: SignerCertificate) -> None:
        self._certificates.add(certificate, "the registration")

    def get_certificate(self, certificate_id: str) -> SignerCertificate | None:
        return self._certificates.one(signer_certificates.c.id == certificate_id, lock=True)

    def certificates(self, user_id: str) -> tuple[SignerCertificate, ...]:
        return self._certificates.many(signer_certificates.c.user_id == user_id)

    def update_certificate(self, certificate: SignerCertificate) -> None:
        change(self._certificates, certificate)
