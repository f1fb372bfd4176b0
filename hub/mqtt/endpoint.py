"""Where a broker is and how to get in; and what went wrong when that failed, in plain words."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from hub.config import BrokerConfig
from hub.errors import ConfigError, TransportError


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A broker's address with our credentials. Never shown: it holds the password."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    mqtt5: bool = True
    """False for a broker known to speak MQTT 3.1.1 only."""

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


def endpoint_of(config: BrokerConfig) -> Endpoint:
    """Read ``broker.address`` (host[:port], mqtt:// or mqtts://) and the credentials beside it."""
    where = "broker.address"
    todo = "Write host, host:port or mqtts://host:port."
    url = urlsplit(config.address if "://" in config.address else f"mqtt://{config.address}")
    if url.scheme not in ("mqtt", "mqtts"):
        raise ConfigError(f"{url.scheme}:// is not MQTT.", where=where, todo=todo)
    try:
        port = url.port
    except ValueError:
        raise ConfigError("The port is not a number from 1 to 65535.", where=where, todo=todo) from None
    if not url.hostname:
        raise ConfigError("There is no host name in it.", where=where, todo=todo)
    tls = url.scheme == "mqtts" or config.tls is not None
    return Endpoint(
        host=url.hostname,
        port=port or (8883 if tls else 1883),
        username=config.username,
        password=password_of(config),
        tls=tls,
        ca_file=config.tls.ca_file if config.tls else None,
        cert_file=config.tls.cert_file if config.tls else None,
        key_file=config.tls.key_file if config.tls else None,
    )


def password_of(config: BrokerConfig) -> str:
    """The password itself or what stands in ``password_file``."""
    if config.password_file is None:
        return config.password.get_secret_value()
    try:
        return config.password_file.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise ConfigError(
            f"{config.password_file} cannot be read ({exc.strerror}).",
            where="broker.password_file",
            todo="Create the file or correct the path.",
        ) from exc


def tls_context(endpoint: Endpoint) -> ssl.SSLContext | None:
    """The TLS context of this endpoint, None without TLS; a file that cannot be used is a permanent error."""
    if not endpoint.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=endpoint.ca_file)
        if endpoint.cert_file is not None:
            context.load_cert_chain(endpoint.cert_file, endpoint.key_file)
    except (OSError, ssl.SSLError) as exc:
        raise TransportError(
            f"The CA, certificate or key file for {endpoint.name} cannot be used: {exc}. Check broker.tls.",
            permanent=True,
        ) from exc
    return context


def explain(exc: BaseException, endpoint: Endpoint) -> TransportError:
    """What a failed or broken connection means, and whether trying again can help."""
    if isinstance(exc, TransportError):
        return exc
    where = endpoint.name
    if isinstance(exc, ssl.SSLCertVerificationError):
        return TransportError(
            f"The certificate of {where} is not trusted ({exc.verify_message}). Check broker.tls.ca_file and the host name.",
            permanent=True,
        )
    if isinstance(exc, ssl.SSLError):
        return TransportError(
            f"TLS with {where} failed ({exc.reason or exc}). Check port, broker.tls.cert_file and broker.tls.key_file.",
            permanent=True,
        )
    if isinstance(exc, ConnectionRefusedError):
        return TransportError(f"Nothing listens at {where}. Is the broker running?")
    if isinstance(exc, TimeoutError):
        return TransportError(f"{where} did not answer in time.")
    if isinstance(exc, socket.gaierror):
        return TransportError(f"The host name {endpoint.host} is not known. Check broker.address and the network.")
    return TransportError(f"The connection to {where} broke: {exc or type(exc).__name__}.")


class ProtocolRefused(TransportError):
    """The broker does not speak this version of MQTT."""


Refused = Literal["protocol", "permanent", "later"]

_BY_CODE: dict[int, tuple[str, Refused]] = {
    # MQTT 3.1.1 section 3.2.2.3
    1: ("does not speak this version of MQTT", "protocol"),
    2: ("does not accept our client id", "permanent"),
    3: ("is not available at present", "later"),
    4: ("refuses our user name or password. Check broker.username and broker.password", "permanent"),
    5: ("does not let this user in. Check broker.username and broker.password", "permanent"),
    # MQTT 5 section 3.2.2.2
    132: ("does not speak MQTT 5", "protocol"),
    133: ("does not accept our client id", "permanent"),
    134: ("refuses our user name or password. Check broker.username and broker.password", "permanent"),
    135: ("does not let this user in. Check broker.username and broker.password", "permanent"),
    138: ("has banned us", "permanent"),
    140: ("wants another way of authentication", "permanent"),
}


def refusal(code: int, name: str, endpoint: Endpoint) -> TransportError:
    """A negative CONNACK in plain words; ``code`` as on the wire."""
    text, kind = _BY_CODE.get(code, (f"refuses the connection ({name})", "later"))
    what = f"The broker at {endpoint.name} {text}."
    if kind == "protocol":
        return ProtocolRefused(what, permanent=True)
    return TransportError(what, permanent=kind == "permanent")
