"""Requests to addresses that others have chosen: where they may lead, and how little of an answer is read."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.notifications.jobs import sending
from app.notifications.jobs.sending import Sender, is_public
from app.notifications.model import WebhookFailure
from tests.notifications.receiver import receiving

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
async def senders() -> AsyncGenerator[tuple[Sender, Sender], None]:
    """One that goes to the open internet only, and one that goes anywhere."""
    guarded, free = (Sender(is_anywhere=anywhere, clock=lambda: NOW) for anywhere in (False, True))
    yield guarded, free
    await guarded.close()
    await free.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "4000::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
        "2001:db8::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_addresses_of_no_open_internet(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_open_internet(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
async def test_private_addresses_are_not_connected_to(senders: tuple[Sender, Sender], host: str) -> None:
    async with receiving() as receiver:
        port = receiver.url.split(":")[2]
        attempt = await senders[0].send(f"http://{host}:{port}", {}, b"{}")
    assert (attempt.failure, attempt.status_code, attempt.answer) == (WebhookFailure.ADDRESS, None, "")
    assert receiver.messages == []


async def test_the_address_that_was_looked_at_is_connected_to(
    senders: tuple[Sender, Sender], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to the open internet when it is looked at, and inside when it is connected to."""
    answers = [["8.8.8.8"], ["127.0.0.1"]]
    asked: list[str] = []
    connected: list[str] = []

    def look_up(host: str, _port: int) -> list[Any]:
        asked.append(host)
        return [ipaddress.ip_address(address) for address in answers[min(len(asked), 2) - 1]]

    async def connect(host: str, _port: int, **_more: Any) -> Any:
        connected.append(host)
        raise OSError

    monkeypatch.setattr(sending, "_look_up", look_up)
    monkeypatch.setattr(senders[0]._network._network, "connect_tcp", connect)
    attempt = await senders[0].send("https://rebinding.example/", {}, b"{}")
    assert (attempt.failure, asked, connected) == (WebhookFailure.CONNECTION, ["rebinding.example"], ["8.8.8.8"])
    attempt = await senders[0].send("https://rebinding.example/", {}, b"{}")
    assert (attempt.failure, connected) == (WebhookFailure.ADDRESS, ["8.8.8.8"])


async def test_a_private_address_beside_a_public_one_is_not_taken(
    senders: tuple[Sender, Sender], monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[str] = []

    async def connect(host: str, _port: int, **_more: Any) -> Any:
        connected.append(host)
        raise OSError

    found = [ipaddress.ip_address(address) for address in ("10.0.0.1", "::1", "9.9.9.9")]
    monkeypatch.setattr(sending, "_look_up", lambda _host, _port: found)
    monkeypatch.setattr(senders[0]._network._network, "connect_tcp", connect)
    await senders[0].send("https://both.example/", {}, b"{}")
    assert connected == ["9.9.9.9"]


async def test_answers_are_read_for_a_little(senders: tuple[Sender, Sender]) -> None:
    async with receiving(lambda _message: (500, {}, "本" * 100_000)) as receiver:
        attempt = await senders[1].send(receiver.url, {}, b"{}")
    assert (attempt.failure, attempt.status_code) == (WebhookFailure.ANSWER, 500)
    assert len(attempt.answer) == 500


async def test_an_answer_that_never_ends_was_given_all_the_same(
    senders: tuple[Sender, Sender], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_CONNECT_S", 0.05)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 202 X\r\nContent-Length: 9\r\n\r\nok")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    attempt = await senders[1].send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {}, b"{}")
    server.close()
    assert (attempt.failure, attempt.status_code) == (None, 202)


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (b"", WebhookFailure.CONNECTION),
        (b"SSH-2.0-OpenSSH\r\n\r\n", WebhookFailure.CONNECTION),
        (b"HTTP/1.1 200 X\r\nA: " + b"x" * 200_000, WebhookFailure.CONNECTION),
        (b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n", WebhookFailure.ANSWER),
        (b"HTTP/1.1 302 X\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", WebhookFailure.REDIRECT),
    ],
)
async def test_whatever_a_receiver_says_is_an_answer(
    senders: tuple[Sender, Sender], said: bytes, failure: WebhookFailure
) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    attempt = await senders[1].send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {}, b"{}")
    server.close()
    assert attempt.failure is failure
    assert attempt.began_at == NOW


async def test_who_says_nothing_is_waited_for_so_long(
    senders: tuple[Sender, Sender], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ATTEMPT_TIMEOUT", timedelta(seconds=0.05))

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    attempt = await senders[1].send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {}, b"{}")
    server.close()
    assert (attempt.failure, attempt.status_code) == (WebhookFailure.TIMEOUT, None)
    assert attempt.duration_ms >= 50


async def test_nobody_there_and_names_that_lead_nowhere(senders: tuple[Sender, Sender]) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    for url in (f"http://127.0.0.1:{port}/", "http://no-such-name.invalid/", "http://" + "x" * 300 + ".example/"):
        assert (await senders[1].send(url, {}, b"{}")).failure is WebhookFailure.CONNECTION


def certificate(name: str) -> tuple[bytes, bytes]:
    """A certificate for a name, signed by itself, and its key; PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), private


@pytest.mark.parametrize(("name", "is_trusted", "is_sent"), [
    ("localhost", True, True), ("localhost", False, False), ("elsewhere.example", True, False),
])  # fmt: skip
async def test_certificates_are_looked_at(tmp_path: Any, name: str, is_trusted: bool, is_sent: bool) -> None:
    made, key = certificate(name)
    (tmp_path / "cert").write_bytes(made)
    (tmp_path / "key").write_bytes(key)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "cert", tmp_path / "key")

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 204 X\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0, ssl=serving)
    trusting = ssl.create_default_context(cadata=made.decode() if is_trusted else None)
    sender = Sender(is_anywhere=True, clock=lambda: NOW, ssl_context=trusting)
    attempt = await sender.send(f"https://localhost:{server.sockets[0].getsockname()[1]}/", {}, b"{}")
    server.close()
    await sender.close()
    assert (attempt.failure, attempt.status_code) == ((None, 204) if is_sent else (WebhookFailure.CONNECTION, None))
