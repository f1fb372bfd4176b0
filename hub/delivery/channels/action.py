"""``action://NAME``: something the hub does instead of telling: an MQTT command, or a webhook. ``actions`` in config.yaml.

Positive: the device's answer on ``confirm_topic`` (delivered), else the broker's PUBACK or the webhook's 2xx (accepted).
No answer is no receipt, and the ladder does it again: a payload is idempotent, ``{id}`` is the same at every repeat. The
end of the incident carries out ``undo``. Nothing personal leaves: a place inside a building is given as its floor.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import unquote, urlsplit

from hub.config import ActionConfig
from hub.core.decisions import Notice
from hub.delivery.answers import Answer
from hub.delivery.bus import Bus
from hub.delivery.http import ask, status_error
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools
from hub.errors import ConfigError, DeliveryError, TransportError
from hub.model import Purpose, Stage

ACTING = (Purpose.RAISED, Purpose.GREW, Purpose.ESCALATED, Purpose.REPAGED, Purpose.HELP, Purpose.HANDED_OVER)
"""Purposes that call for the action; an end undoes it, anything else is nothing to a siren."""


class ActionSender:
    """One action of the config."""

    per_minute = 0

    def __init__(self, name: str, action: ActionConfig, tools: Tools) -> None:
        self.provider = f"action:{name}"
        self._name = name
        self._action = action
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        notice, action = message.notice, self._action
        ends = notice.purpose is Purpose.ENDED
        if ends and not action.undo:
            return Accepted(code="nothing to undo")
        if not ends and notice.purpose not in ACTING and notice.purpose is not Purpose.TEST:
            return Accepted(code="nothing to do")
        if (notice.drill and not action.in_drills) or notice.test or notice.purpose is Purpose.TEST:
            # The core sends none of these; if it ever does, no siren sounds for them.
            raise DeliveryError(Answer.REFUSED, permanent=False, code="drill" if notice.drill else "test")
        id_ = f"{message.community}-{notice.incident}-{self._name}{'-undo' if ends else ''}"
        payload = filled(action.undo if ends else action.payload, notice, id_)
        if action.url.get_secret_value():
            return await self._call(payload, id_)
        topic = filled(action.topic, notice, id_, topic=True)
        return await self._publish(topic, payload, filled(action.confirm_topic, notice, id_, topic=True))

    async def _publish(self, topic: str, payload: str, confirm_topic: str) -> Accepted:
        bus = self._tools.bus
        if bus is None:
            raise DeliveryError(Answer.UNREACHABLE, permanent=False, code="no broker")
        try:
            if not confirm_topic:
                await bus.publish(topic, payload.encode(), retain=self._action.retain)
                return Accepted(code="published")
            return await self._publish_confirmed(bus, topic, payload, confirm_topic)
        except TransportError as exc:
            raise DeliveryError(Answer.UNREACHABLE, permanent=exc.permanent, code="broker") from exc

    async def _publish_confirmed(self, bus: Bus, topic: str, payload: str, confirm_topic: str) -> Accepted:
        """Listen first, or a quick device's answer is missed."""
        async with bus.listen(confirm_topic) as answers:
            await bus.publish(topic, payload.encode(), retain=self._action.retain)
            await self._confirmed(answers)
        return Accepted(code="confirmed", stage=Stage.DELIVERED)

    async def _confirmed(self, answers: AsyncIterator[bytes]) -> None:
        """The caller's deadline ends the wait."""
        async for answer in answers:
            if self._action.confirm.encode() in answer:
                return
        raise TransportError("The connection was lost before the device answered.")

    async def _call(self, payload: str, id_: str) -> Accepted:
        kind = "application/json" if payload.lstrip().startswith(("{", "[")) else "text/plain; charset=utf-8"
        headers = {"Content-Type": kind, "Idempotency-Key": id_}
        url = self._action.url.get_secret_value()
        response = await ask(self._tools, url, content=payload.encode(), headers=headers)
        if not 200 <= response.status_code < 300:
            raise status_error(response)
        return Accepted(code=f"HTTP {response.status_code}")

    async def close(self) -> None:
        """Broker and HTTP client are shared and closed by their owners."""


def filled(text: str, notice: Notice, id_: str, *, topic: bool = False) -> str:
    """``{incident} {id} {building} {place}`` put in; other braces stay, a payload is often JSON.

    ``{building}`` is the building's id, ``{place}`` the id of what stands in none (a gate), indoors the floor's number:
    never a room.
    """
    place = notice.place_id
    if notice.building_id:
        place = "" if notice.floor is None else str(notice.floor)
    values = {"incident": str(notice.incident), "id": id_, "building": notice.building_id, "place": place}
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", _clean(value, topic=topic))
    return text


def _clean(value: str, *, topic: bool) -> str:
    """A name that people typed breaks neither a JSON text nor a topic."""
    refused = '"\\+#/' if topic else '"\\'
    return "".join(one for one in value if one.isprintable() and one not in refused)


def open_action(url: str, tools: Tools) -> Opened:
    parts = urlsplit(url)
    name = unquote(parts.netloc)
    action = tools.actions.get(name)
    if action is None or parts.path.strip("/") or parts.query:
        raise ConfigError(
            f"there is no action {name or '(none)'}.", where="contact", todo="Name one of `actions` in config.yaml."
        )
    if not action.topic and not action.url.get_secret_value():
        raise ConfigError("it does nothing.", where=f"actions.{name}", todo="Give it a topic or a url.")
    return Opened(ActionSender(name, action, tools))


CHANNEL = Channel(schemes=("action",), open=open_action)
