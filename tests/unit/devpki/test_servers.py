"""The services over HTTP, and servers that misbehave."""

import http.client
import socket
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest
from asn1crypto import algos, tsp

from devpki.servers import (
    ServerError,
    TrustServer,
    dead_port,
    garbage_server,
    silent_server,
    wrong_imprint_server,
)
from tests.trustworld import TrustWorld

IMPRINT = b"\x11" * 32


def query() -> bytes:
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    imprint = {"hash_algorithm": digest, "hashed_message": IMPRINT}
    asked = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True})
    der: bytes = asked.dump()
    return der


def stamped(reply: bytes) -> bytes:
    token = tsp.TimeStampResp.load(reply)["time_stamp_token"]["content"]
    imprint: bytes = (
        token["encap_content_info"]["content"].parsed["message_imprint"]["hashed_message"].native
    )
    return imprint


def post(url: str, body: bytes, timeout: float = 30) -> tuple[int, bytes]:
    address = urlsplit(url)
    assert address.hostname is not None
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
    try:
        connection.request("POST", address.path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_services_answer_over_http(trust_world: TrustWorld) -> None:
    status, reply = post(trust_world.tsa_url, query())
    assert (status, stamped(reply)) == (200, IMPRINT)
    url = f"{trust_world.pki.base_url}/dev/certs/root/ca.crt"
    with urllib.request.urlopen(url) as answer:  # noqa: S310 — our own server
        assert answer.read() == trust_world.anchors[0]


@pytest.mark.parametrize(
    ("path", "status"), [("/dev/tsa/nobody", 404), ("/", 404), ("/dev/tsa/tsa", 400)]
)
def test_wrong_requests_are_refused(trust_world: TrustWorld, path: str, status: int) -> None:
    assert post(trust_world.pki.base_url + path, b"no query")[0] == status


def test_port_in_use_is_said_clearly(trust_world: TrustWorld) -> None:
    with pytest.raises(ServerError, match=rf"Port {trust_world.pki.port} .* cannot be used"):
        TrustServer(trust_world.pki).start()


def test_stopped_server_frees_its_port(trust_world: TrustWorld) -> None:
    trust_world.server.stop()
    try:
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", trust_world.pki.port))
    finally:
        trust_world.server.start()
    assert post(trust_world.tsa_url, query())[0] == 200


def test_garbage() -> None:
    with garbage_server() as url:
        assert post(url, query()) == (200, b"this is no time-stamp")


def test_wrong_imprint(trust_world: TrustWorld) -> None:
    with wrong_imprint_server(trust_world.pki) as url:
        assert stamped(post(url, query())[1]) == bytes(32)


def test_silence() -> None:
    with silent_server() as url, pytest.raises(TimeoutError):
        post(url, query(), timeout=0.2)


def test_dead_port() -> None:
    with dead_port() as url, pytest.raises(ConnectionRefusedError):
        post(url, query())
