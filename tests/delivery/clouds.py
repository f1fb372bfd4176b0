"""The two clouds on loopback: they check each signature from the secret alone, then answer as they are told."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from urllib.parse import quote

from hub.delivery.port import Accepted, Message
from hub.delivery.senders import Senders
from hub.delivery.tools import Tools
from hub.errors import DeliveryError
from hub.store.calls import Call
from tests.delivery.notices import NOW_MS, message
from tests.delivery.peers import Answered, Peer, Reply, Request, json_reply

SECRET = "se/cret+1"  # a character that a URL would spoil
SECRETS = {"SECRET": SECRET}


def aliyun(reply: Reply) -> Callable[[Request], Reply]:
    """Answers ``reply`` to whoever signed with ACS3-HMAC-SHA256, else as Aliyun does."""

    def answer(request: Request) -> Reply:
        names = ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"]
        query = "&".join(
            f"{quote(name, safe='-_.~')}={quote(values[0], safe='-_.~')}"
            for name, values in sorted(request.query.items())
        )
        lines = "".join(f"{name}:{request.headers[name]}\n" for name in names)
        body = hashlib.sha256(request.body).hexdigest()
        canonical = f"{request.method}\n{request.path}\n{query}\n{lines}\n{';'.join(names)}\n{body}"
        to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
        wanted = hmac.new(SECRET.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
        if not request.headers["authorization"].endswith(f"Signature={wanted}"):
            return json_reply({"Code": "SignatureDoesNotMatch", "Message": "…", "RequestId": "1"}, 400)
        return reply

    return answer


def tencent(reply: Reply) -> Callable[[Request], Reply]:
    """The same with TC3-HMAC-SHA256; the date and service are those of the credential's scope."""

    def answer(request: Request) -> Reply:
        credential, _, rest = request.headers["authorization"].partition(", ")
        scope = credential.partition("/")[2]
        day, service, _ = scope.split("/")
        canonical = (
            f"POST\n/\n\ncontent-type:{request.headers['content-type']}\nhost:{request.headers['host']}\n\n"
            f"content-type;host\n{hashlib.sha256(request.body).hexdigest()}"
        )
        stamp = request.headers["x-tc-timestamp"]
        to_sign = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = f"TC3{SECRET}".encode()
        for part in (day, service, "tc3_request", to_sign):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if rest != f"SignedHeaders=content-type;host, Signature={key.hex()}":
            return tencent_error("AuthFailure.SignatureFailure")
        return reply

    return answer


def tencent_error(code: str) -> Answered:
    return json_reply({"Response": {"Error": {"Code": code, "Message": "…"}, "RequestId": "1"}})


def send(
    contact: str,
    peer_url: str,
    *,
    what: Message | None = None,
    within: float = 20.0,
    secrets: dict[str, str] | None = None,
    calls: list[Call] | None = None,
) -> Accepted:
    """Send one message over ``contact`` to a peer that stands in for the vendor."""
    kept: list[Call] = [] if calls is None else calls

    async def talk() -> Accepted:
        scheme = contact.partition(":")[0]
        tools = Tools(now_ms=lambda: NOW_MS, endpoints={scheme: peer_url}, remember_call=kept.append)
        senders = Senders(secrets or SECRETS, tools)
        try:
            async with asyncio.timeout(within):
                return await senders.open(contact).sender.send(what or message())
        finally:
            await senders.close()
            tools.inbox_lane.shutdown(wait=True)

    return asyncio.run(talk())


def refusals(contact: str, peer: Peer, answers: list[Reply], say: Callable[[Reply], None]) -> list[DeliveryError]:
    """Send once for each answer, through one open sender; what each came to."""

    async def talk() -> list[DeliveryError]:
        tools = Tools(now_ms=lambda: NOW_MS, endpoints={contact.partition(":")[0]: peer.url()})
        senders = Senders(SECRETS, tools)
        came = []
        for answer in answers:
            say(answer)
            try:
                async with asyncio.timeout(20):
                    raise AssertionError(await senders.open(contact).sender.send(message()))
            except DeliveryError as exc:
                came.append(exc)
        await senders.close()
        return came

    return asyncio.run(talk())
