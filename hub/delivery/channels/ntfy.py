"""``ntfys://[USER:PASSWORD@]HOST[:PORT]/TOPIC`` (``ntfy://`` without https): an ntfy server; ``ntfy://TOPIC`` is ntfy.sh.

Facts (docs.ntfy.sh, Sending messages: publish as JSON, action buttons, updating notifications; the server's list of errors):
POST JSON to the server's root; priority 5 is loudest, 2 has no sound; at most three actions; a refusal is HTTP 4xx with a
``code`` of its own.

Updating. A message with the ``sequence_id`` of an earlier one takes its place, from ntfy 2.16.0 on, in the web app and
in newer phone apps (Android 1.21.1 still showed both). An older server ignores the field, publishes another message and answers as if all were
well; but only a newer one repeats the field in its answer. So a message can be updated exactly when its answer did.

Answering. With `public_url` the buttons post to the answer page. Without one they publish ``1:<token>`` or ``2:<token>`` to
the topic ``TOPIC-reply``, to which the hub listens. The phone sends that without its password: where the server asks for
accounts, everybody must be allowed to write (not read) that topic.
"""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote, urlsplit

import msgspec

from hub.delivery.address import not_an_address
from hub.delivery.answers import Answer
from hub.delivery.cards import CANNOT, GO, answer_word, asks, card_id, label
from hub.delivery.http import DENIED, LIMITED, TOO_LONG, UNREADABLE, Meaning, ask, meaning, read, retry_after
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.model import Purpose, Severity

PUBLIC = "https://ntfy.sh"
REPLY_SUFFIX = "-reply"
TOKEN_PREFIX = "tk_"
TOPIC = re.compile(r"[-_A-Za-z0-9]{1,58}")
"""What the server takes, less the room for the suffix."""
WHAT = "one topic of an ntfy server"
TODO = "Write ntfys://USER:PASSWORD@HOST/TOPIC (ntfy:// without https), one topic for each contact."

CODED = (400, 401, 403, 404, 413, 429)
PRIORITIES = {Severity.CRITICAL: 5, Severity.MAJOR: 4, Severity.MINOR: 3, Severity.INFO: 2}
QUIET = 2

CODES: dict[int, Meaning] = {
    40009: DENIED,  # topic invalid
    40010: DENIED,  # topic name is not allowed
    40101: DENIED,  # unauthorized
    40301: DENIED,  # forbidden
    41301: TOO_LONG,
    41303: TOO_LONG,  # JSON body too large
    42901: LIMITED,  # too many requests
    42908: LIMITED,  # daily message quota reached
    42909: LIMITED,  # too many auth failures
}


class Reply(msgspec.Struct):
    """A message that was taken has an id; what was refused has a code."""

    id: str = ""
    event: str = ""
    sequence_id: str = ""
    code: int = 0


def reply_topic(topic: str) -> str:
    """Where the buttons of a hub without a public address publish their answers."""
    return topic + REPLY_SUFFIX


class NtfySender:
    """One topic."""

    per_minute = 0

    def __init__(self, base: str, topic: str, authorization: str, tools: Tools) -> None:
        self.provider = budget_key("ntfy", base, topic)
        self._base = base
        self._topic = topic
        self._headers = {"Authorization": authorization} if authorization else {}
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        sequence = message.updates or card_id(message)
        response = await ask(self._tools, self._base, json=self._body(message, sequence), headers=self._headers)
        reply = read(response, Reply, also=CODED)
        if reply.code or response.status_code != 200:
            known = meaning(reply.code, CODES)
            if response.status_code == 429:
                known = Meaning(Answer.RATE_LIMITED, retry_after=retry_after(response))
            raise known.error(str(reply.code or f"HTTP {response.status_code}"))
        if not reply.id or reply.event != "message":
            raise UNREADABLE.error("no message")
        return Accepted(code="200", message_id=sequence if reply.sequence_id == sequence else "")

    def _body(self, message: Message, sequence: str) -> dict[str, object]:
        body: dict[str, object] = {
            "topic": self._topic,
            "title": message.title,
            "message": message.text,
            "priority": self._priority(message),
            "sequence_id": sequence,
        }
        if message.link:
            body["click"] = message.link
        if asks(message):
            body["actions"] = [
                self._action("go", GO, "accept", message),
                self._action("cannot", CANNOT, "decline", message),
            ]
        return body

    @staticmethod
    def _priority(message: Message) -> int:
        if message.quiet:
            return QUIET
        if message.notice.purpose is Purpose.ENDED or message.notice.test:
            return PRIORITIES[Severity.MINOR]
        return PRIORITIES[message.notice.severity]

    def _action(self, name: str, number: str, do: str, message: Message) -> dict[str, object]:
        action: dict[str, object] = {"action": "http", "label": label(name, message), "method": "POST", "clear": True}
        if message.link:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            return {**action, "url": message.link, "headers": form, "body": f"do={do}"}
        return {**action, "url": f"{self._base}/{reply_topic(self._topic)}", "body": answer_word(number, message)}

    async def close(self) -> None:
        """The HTTP client is shared and closed by its owner."""


class NtfyAddress(msgspec.Struct, frozen=True):
    """Where a contact's topic is; the answering side listens with the same."""

    base: str
    topic: str
    authorization: str = ""
    public: bool = False


def ntfy_address(url: str) -> NtfyAddress:
    """Raises ConfigError for anything but one topic."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise not_an_address(WHAT, TODO) from exc
    topics = [unquote(part) for part in parts.path.split("/") if part]
    if not host or len(topics) > 1 or parts.query or parts.fragment:
        raise not_an_address(WHAT, TODO)
    name = topics[0] if topics else unquote(parts.netloc.rpartition("@")[2])  # hostname would be in lower case
    if not TOPIC.fullmatch(name):
        raise not_an_address(WHAT, TODO)
    authorization = _authorization(unquote(parts.username or ""), unquote(parts.password or ""))
    if not topics:
        if port is not None:
            raise not_an_address(WHAT, TODO)
        return NtfyAddress(PUBLIC, name, authorization, public=True)
    scheme = "https" if parts.scheme.lower() == "ntfys" else "http"
    where = parts.netloc.rpartition("@")[2]
    return NtfyAddress(f"{scheme}://{where}", name, authorization, public=host.endswith("ntfy.sh"))


def _authorization(user: str, password: str) -> str:
    if user.startswith(TOKEN_PREFIX) and not password:
        return f"Bearer {user}"
    if not user and password.startswith(TOKEN_PREFIX):
        return f"Bearer {password}"
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}" if user else ""


def open_ntfy(url: str, tools: Tools) -> Opened:
    address = ntfy_address(url)
    tools.make_http()
    base = tools.endpoint("ntfy", address.base) if address.public else address.base
    return Opened(NtfySender(base, address.topic, address.authorization, tools), third_party=address.public)


CHANNEL = Channel(schemes=("ntfy", "ntfys"), open=open_ntfy)
