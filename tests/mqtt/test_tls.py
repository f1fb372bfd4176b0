"""TLS with a CA of one's own and a client certificate, over both clients."""

from __future__ import annotations

import datetime
import gc
import ipaddress
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.errors import TransportError
from hub.mqtt.endpoint import Endpoint
from hub.mqtt.publish import open_publisher
from tests.mqtt.talk import make, payloads, receive, run, running, setup_of
from tests.servers import Mosquitto


class Ca:
    """A certificate authority of one test."""

    def __init__(self, directory: Path, name: str) -> None:
        self.directory = directory
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._certificate(self._subject, self._key, authority=True)
        self.file = directory / f"{name}.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def sign(self, name: str) -> tuple[Path, Path]:
        """A certificate for 127.0.0.1 and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._certificate(subject, key, authority=False)
        cert_file, key_file = self.directory / f"{name}.crt", self.directory / f"{name}.key"
        cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        key_file.write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
        return cert_file, key_file

    def _certificate(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )


@pytest.fixture
def guarded(mosquitto: Mosquitto, tmp_path: Path) -> Endpoint:
    """An endpoint of a mosquitto that lets nobody in without a certificate of its CA."""
    ca = Ca(tmp_path, "ca")
    cert_file, key_file = ca.sign("broker")
    files = [f"cafile {ca.file}", f"certfile {cert_file}", f"keyfile {key_file}"]
    port = mosquitto.start(["allow_anonymous true", *files, "require_certificate true"])
    own_cert, own_key = ca.sign("hub")
    return Endpoint(host="127.0.0.1", port=port, tls=True, ca_file=ca.file, cert_file=own_cert, key_file=own_key)


def test_messages_come_over_tls_with_a_client_certificate(client: str, guarded: Endpoint) -> None:
    async def story() -> None:
        session = make(client, setup_of(guarded.port, endpoint=guarded))
        async with running(session), open_publisher(guarded, "tester") as publisher:
            for number in range(50):
                await publisher.publish("t/x", b"%d" % number)
            assert payloads(await receive(session, 50)) == [b"%d" % number for number in range(50)]

    run(story())


def test_without_our_certificate_the_broker_hangs_up_and_we_say_tls(client: str, guarded: Endpoint) -> None:
    endpoint = msgspec.structs.replace(guarded, cert_file=None, key_file=None)

    async def story() -> None:
        session = make(client, setup_of(guarded.port, endpoint=endpoint))
        with pytest.raises(TransportError, match=r"TLS with .* failed") as caught:
            async with running(session):
                pass
        assert caught.value.permanent

    run(story())


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_of_another_ca_is_not_trusted(client: str, guarded: Endpoint, tmp_path: Path) -> None:
    endpoint = msgspec.structs.replace(guarded, ca_file=Ca(tmp_path, "other").file)

    async def story() -> None:
        session = make(client, setup_of(guarded.port, endpoint=endpoint))
        with pytest.raises(TransportError, match="is not trusted") as caught:
            async with running(session):
                pass
        assert caught.value.permanent

    run(story())
    gc.collect()


def test_a_missing_certificate_file_is_named(client: str, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.pem"
    endpoint = Endpoint(host="127.0.0.1", port=1, tls=True, ca_file=missing)

    async def story() -> None:
        session = make(client, setup_of(1, endpoint=endpoint))
        with pytest.raises(TransportError, match=r"Check broker\.tls") as caught:
            async with running(session):
                pass
        assert caught.value.permanent

    run(story())
