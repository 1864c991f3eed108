"""An office in memory's reach: SQLite and files in a folder, keys in memory, no HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from antin.api.app import create_app
from antin.core.clock import SystemClock
from antin.core.errors import RefusedError
from antin.core.ids import new_id
from antin.flows.administration import found_installation
from antin.flows.services import Services
from antin.hsm.key import SigningKey
from antin.infra.blobs import DirectoryBlobs
from antin.infra.closure_renderer import ClosureRenderer
from antin.infra.database import open_database
from antin.infra.ledger.checkpoint_file import CheckpointFile
from antin.infra.wiring import renderer_of_service
from antin.verifier.policy import default_policy
from tests.sqlite import new_sqlite
from tests.trustworld import TrustWorld

AGENCY = "UBND-MAU"


class Seals:
    """The agency's seal key in memory."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key

    def for_agency(self, code: str) -> SigningKey:
        if code != AGENCY:
            raise RefusedError("seal_credential_missing", agency=code)
        return self.key


@dataclass
class Queue:
    """Remembers what was sent and runs nothing."""

    sent: list[str] = field(default_factory=list)

    def send(self, job_id: str) -> None:
        self.sent.append(job_id)


class NoteKey:
    """A checkpoint key in memory."""

    name = "ledger.example.vn/test"

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    @property
    def public_key(self) -> bytes:
        return self._key.public_key

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


@dataclass
class Office:
    """The service in this process, its first agency, and callers."""

    services: Services
    http: TestClient
    queue: Queue
    agency_id: str
    admin_id: str
    admin_key: str

    def get(self, path: str, secret: str | None = "") -> Any:
        return self.http.get(path, headers=self._who(secret))

    def post(
        self,
        path: str,
        body: object = None,
        *,
        key: str | None = "",
        secret: str | None = "",
        **more: Any,
    ) -> Any:
        """Post as the administrator, or by ``secret``; ``key`` None sends no Idempotency-Key."""
        headers = self._who(secret)
        if key is not None:
            headers["Idempotency-Key"] = key or new_id()
        if body is not None:
            more["json"] = body
        return self.http.post(path, headers=headers, **more)

    def _who(self, secret: str | None) -> dict[str, str]:
        return {} if secret is None else {"Authorization": f"Bearer {secret or self.admin_key}"}

    def user(self, *roles: str, agency_id: str | None = None) -> tuple[str, str]:
        """Make a user with roles; return id and API key."""
        asked = {
            "name": "Trần Thị B",
            "agency_id": agency_id or self.agency_id,
            "roles": list(roles),
        }
        user = self.post("/v1/users", asked).json()
        made = self.post("/v1/api-keys", {"user_id": user["id"]})
        return str(user["id"]), str(made.json()["secret"])

    def upload(self, content: bytes, **more: Any) -> Any:
        """Hand in a document."""
        fields = {"agency_id": self.agency_id, "title": "Công văn mẫu"} | more.pop("fields", {})
        files = {"file": ("a.pdf", content, "application/pdf")}
        return self.post("/v1/documents", files=files, data=fields, **more)

    def record(self) -> str:
        """Open a record and return its id."""
        asked = {
            "agency_id": self.agency_id,
            "code_notation": "01.VP",
            "title": "Hồ sơ mẫu",
            "retention": "01",
            "creator": "Văn phòng",
        }
        return str(self.post("/v1/records", asked).json()["id"])


@pytest.fixture
def office(tmp_path: Path, trust_world: TrustWorld) -> Iterator[Office]:
    work = open_database(new_sqlite(tmp_path))
    queue = Queue()
    services = Services(
        work=work,
        blobs=DirectoryBlobs(tmp_path / "blobs"),
        clock=SystemClock(),
        trust=trust_world.trust(crls=True),
        policy=default_policy(),
        seals=Seals(trust_world.agency_seal),
        jobs=queue,
        certificates=ClosureRenderer("vi"),
        origin=NoteKey.name,
        checkpoint_key=NoteKey(trust_world.agency_seal),
        checkpoint_sink=CheckpointFile(tmp_path / "checkpoint"),
        timestamps=trust_world.timestamps(),
        revocation=trust_world.revocation(),
        renderer=renderer_of_service(),
    )
    made, secret = found_installation(services, AGENCY, "UBND tỉnh Mẫu", "Quản trị viên Mẫu")
    with TestClient(create_app(services, "en"), raise_server_exceptions=False) as http:
        agency: Any = made["agency"]
        user: Any = made["user"]
        yield Office(services, http, queue, agency["id"], user["id"], secret)
    work.close()
