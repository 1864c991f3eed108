"""An honest trust world over real HTTP, each of whose answers can be replaced by a lie.

Everything happens at ``NOW`` of ``smallpki``; no clock is read.
"""

import hashlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from asn1crypto import cms, tsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from antin.core.clock import FixedClock
from antin.flows.loose import Surroundings
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.infra.fetch import Pace
from antin.infra.revocation_http import HttpRevocationService
from antin.infra.tsa_client import Authority, Believed, Patience, TimestampAuthorities
from antin.pki.trust import TrustAnchor, TrustMaterial
from antin.verifier.policy import default_policy
from tests.smallpki import (
    DAY,
    NOW,
    YEAR,
    CmsShape,
    Holder,
    make_cms,
    make_responder,
    make_root,
    make_tsa,
)

LOCAL = frozenset({"127.0.0.1"})
POLICY = "1.3.6.1.4.1.99999.1"
HOUR = timedelta(hours=1)
TSA_SECONDS = 1.0


class Asked:
    """One request, and the means to answer it well or badly."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes, stop: threading.Event) -> None:
        self.handler = handler
        self.body = body
        self.stop = stop

    def reply(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.handler.send_response(status)
        for key, value in headers.items():
            self.handler.send_header(key.replace("_", "-"), value)
        self.handler.send_header("Content-Length", str(len(body)))
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def cut_short(self, body: bytes) -> None:
        """Promise more than is sent, then hang up."""
        self.handler.send_response(200)
        self.handler.send_header("Content-Length", str(len(body) + 100))
        self.handler.end_headers()
        self.handler.wfile.write(body)
        self.handler.wfile.flush()
        self.handler.connection.shutdown(socket.SHUT_RDWR)

    def drip(self, body: bytes) -> None:
        """Send a byte now and then; a right answer in the end, to whoever has days."""
        self.handler.send_response(200)
        self.handler.end_headers()
        for byte in body:
            self.handler.wfile.write(bytes([byte]))
            self.handler.wfile.flush()
            if self.stop.wait(0.2):
                return

    def say_nothing(self) -> None:
        """Keep whoever asks waiting, for longer than anybody should."""
        self.stop.wait(60)


Answer = Callable[[Asked], None]


def saying(make: Callable[[bytes], bytes]) -> Answer:
    """Return what answers with ``make(request body)``."""
    return lambda asked: asked.reply(make(asked.body))


def nowhere(asked: Asked) -> None:
    asked.reply(b"", 404)


class LyingServer:
    """A server on 127.0.0.1 whose answer to each path can be set."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.answers: dict[str, Answer] = {}
        self._stop = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                outer.seen.append(self.path)
                length = int(self.headers.get("Content-Length", 0))
                asked = Asked(self, self.rfile.read(length), outer._stop)
                outer.answers.get(self.path, nowhere)(asked)

            def log_message(self, *values: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # hung up on
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class LyingWorld:
    """Root, officers' authority, officer, responder, TSA; every address leads to ``server``."""

    server: LyingServer
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    def __post_init__(self) -> None:
        url = self.server.url
        self.root = make_root()
        options = {"crl_url": f"{url}/root.crl", "not_after": NOW + 5 * YEAR}
        self.officers = self.root.issue("Specimen Officers", ca=True, **options)
        self.officer = self.officers.issue(
            "Nguyễn Văn A", ocsp_url=f"{url}/ocsp", crl_url=f"{url}/officers.crl"
        )
        self.responder = make_responder(self.officers)
        self.tsa = make_tsa(self.root, crl_url=f"{url}/root.crl")
        self.be_honest()

    def be_honest(self) -> None:
        """Answer everything as it is."""
        self.server.seen.clear()
        self.server.answers = {
            "/tsa": saying(lambda query: granted(stamped(self.tsa, query))),
            "/tsa-2": saying(lambda query: granted(stamped(self.tsa, query))),
            "/root.crl": saying(lambda _: self.root.crl(NOW - HOUR, NOW + DAY)),
            "/officers.crl": saying(lambda _: self.officers.crl(NOW - HOUR, NOW + DAY)),
            "/ocsp": saying(lambda _: self.ocsp()),
        }

    def lie(self, path: str, answer: Answer) -> None:
        self.server.answers[path] = answer

    def ocsp(self, about: Holder | None = None, **options: Any) -> bytes:
        """Return what the responder says of the officer, or of ``about``."""
        options = {"this_update": NOW - HOUR, "next_update": NOW + DAY, **options}
        issuer = options.pop("issuer", self.officers)
        options.setdefault("responder", self.responder)
        answer: bytes = issuer.ocsp(about or self.officer, **options)
        return answer

    @property
    def trust(self) -> TrustMaterial:
        return TrustMaterial((TrustAnchor(self.root.der),), (self.officers.der,))

    @property
    def key(self) -> InsecureSoftwareKey:
        return InsecureSoftwareKey(self.officer.key, self.officer.der)

    def revocation(self, seconds: float = 1.0) -> HttpRevocationService:
        return HttpRevocationService(allowed_private=LOCAL, seconds=seconds, clock=self.clock)

    def timestamps(
        self,
        *paths: str,
        policy: str | None = POLICY,
        revocation: HttpRevocationService | None = None,
        total: float = 30.0,
    ) -> TimestampAuthorities:
        """Return the client, asking ``/tsa``, or ``paths`` in their order."""
        named = (self.server.url + path for path in paths or ("/tsa",))
        return TimestampAuthorities(
            tuple(Authority(url, policy, TSA_SECONDS) for url in named),
            Believed(self.trust, revocation or self.revocation(), self.clock),
            allowed_private=LOCAL,
            patience=Patience(total),
            pace=Pace(sleep=lambda _: None),
        )

    def around(self, timestamps: TimestampAuthorities | None = None) -> Surroundings:
        """Return what a flow leans on, the network included."""
        return Surroundings(
            trust=self.trust,
            policy=default_policy(),
            clock=self.clock,
            timestamps=timestamps or self.timestamps(),
            revocation=self.revocation(),
        )


def stamped(tsa: Holder, query: bytes, shape: CmsShape | None = None, **changes: Any) -> bytes:
    """Return a DER token of ``tsa`` to ``query``; ``changes``: fields of the TSTInfo, or None."""
    asked = tsp.TimeStampReq.load(query)
    values: dict[str, Any] = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": asked["message_imprint"],
        "serial_number": 7,
        "gen_time": NOW,
        "nonce": asked["nonce"].native,
        **changes,
    }
    kept = {key: value for key, value in values.items() if value is not None}
    content = bytes(tsp.TSTInfo(kept).dump())
    made = {**(shape or CmsShape()).__dict__, "content_type": "tst_info", "content": content}
    whole = CmsShape(**made)
    return make_cms(tsa, hashlib.new(whole.digest, content).digest(), whole)


def granted(token: bytes, **status: Any) -> bytes:
    """Return a DER TimeStampResp with ``token``; ``status``: fields of PKIStatusInfo."""
    info = {"status": "granted", **status}
    answer = {"status": info, "time_stamp_token": cms.ContentInfo.load(token)}
    return bytes(tsp.TimeStampResp(answer).dump())


def imprint(digest: bytes, algorithm: str = "sha256") -> dict[str, Any]:
    return {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}


def bad_tsa(issuer: Holder, **options: Any) -> Holder:
    """Return an authority whose certificate is odd in one way."""
    options = {"usages": ("digital_signature",), **options}
    options.setdefault("extended", (ExtendedKeyUsageOID.TIME_STAMPING,))
    return issuer.issue("Specimen Odd Time-Stamping", **options)


def moved(content: bytes, moment: datetime) -> bytes:
    """Return a token whose stated time was changed after signing."""
    token = cms.ContentInfo.load(content)
    info = token["content"]["encap_content_info"]["content"].parsed
    info["gen_time"] = moment
    changed = info.dump(force=True)
    token["content"]["encap_content_info"]["content"] = cms.ParsableOctetString(changed)
    return bytes(token.dump(force=True))
