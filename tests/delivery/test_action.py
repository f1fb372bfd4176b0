"""Actions: an MQTT command confirmed by its device, or a webhook; done again when in doubt, undone at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from pydantic import SecretStr

from hub.config import ActionConfig, Text
from hub.delivery.answers import Answer
from hub.delivery.channels.action import CHANNEL, filled
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Tools
from hub.errors import ConfigError, DeliveryError, TransportError
from hub.model import Purpose, Stage
from tests.delivery.notices import NOW_MS, message, notice
from tests.delivery.peers import Answered, Hang, Reply, Reset, provider


class Siren:
    """A bus with one device on it. ``answers``: what it says after a command; None: the connection breaks."""

    def __init__(self, answers: tuple[bytes | None, ...] = (), *, broken: bool = False) -> None:
        self.published: list[tuple[str, str, bool]] = []
        self.listened: list[str] = []
        self._answers = answers
        self._broken = broken
        self._commanded = asyncio.Event()

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        if self._broken:
            raise TransportError("The connection was lost before the acknowledgement.")
        self.published.append((topic, payload.decode(), retain))
        self._commanded.set()

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[AsyncIterator[bytes]]:
        assert not self._commanded.is_set()  # one who listens only afterwards may miss a quick answer
        self.listened.append(topic)
        yield self._heard()

    async def _heard(self) -> AsyncIterator[bytes]:
        await self._commanded.wait()
        for answer in self._answers:
            if answer is None:
                return
            yield answer
        await asyncio.Event().wait()


def action(**settings: object) -> ActionConfig:
    fields: dict[str, object] = {
        "title": Text(zh="楼道警铃", en="corridor siren"),
        "topic": "siren/{building}/set",
        "payload": '{"on": true, "id": "{id}", "at": "{place}", "incident": {incident}}',
        "undo": '{"on": false, "id": "{id}"}',
    }
    return ActionConfig.model_validate(fields | settings)


def told(**changes: object) -> Message:
    return msgspec.structs.replace(message(), notice=notice(building_id="b6", **changes))


def act(
    settings: ActionConfig, said: Message | None = None, bus: Siren | None = None, within: float = 20.0
) -> Accepted:
    async def talk() -> Accepted:
        tools = Tools(now_ms=lambda: NOW_MS, actions={"siren": settings}, bus=bus)
        try:
            async with asyncio.timeout(within):
                return await CHANNEL.open("action://siren", tools).sender.send(said or told())
        finally:
            await tools.close()

    return asyncio.run(talk())


def refusal(settings: ActionConfig, said: Message | None = None, bus: Siren | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        act(settings, said, bus)
    return caught.value


# ── MQTT ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

ON = '{"on": true, "id": "guihua-7-siren", "at": "12", "incident": 7}'


def test_without_an_answer_of_the_device_the_brokers_word_does() -> None:
    bus = Siren()
    assert act(action(retain=True), bus=bus) == Accepted(code="published")
    assert bus.published == [("siren/b6/set", ON, True)]


def test_the_devices_answer_confirms() -> None:
    bus = Siren((b'{"state": "OFF"}', b'{"state": "ON"}'))
    settings = action(confirm_topic="siren/{building}/state", confirm='"ON"')
    assert act(settings, bus=bus) == Accepted(code="confirmed", stage=Stage.DELIVERED)
    assert bus.listened == ["siren/b6/state"]


def test_any_answer_confirms_where_none_is_named() -> None:
    assert act(action(confirm_topic="siren/state"), bus=Siren((b"",))).stage is Stage.DELIVERED


def test_a_device_that_does_not_answer_is_no_receipt() -> None:
    with pytest.raises(TimeoutError):
        act(action(confirm_topic="siren/state", confirm="ON"), bus=Siren((b"OFF",)), within=0.2)


def test_a_connection_that_breaks_before_the_answer_is_no_receipt() -> None:
    said = refusal(action(confirm_topic="siren/state"), bus=Siren((None,)))
    assert (said.reason, said.permanent) == (Answer.UNREACHABLE, False)


def test_a_broker_that_does_not_acknowledge_is_no_receipt() -> None:
    assert refusal(action(), bus=Siren(broken=True)).reason == Answer.UNREACHABLE
    assert refusal(action()).code == "no broker"


def test_a_repeat_says_the_same() -> None:
    bus = Siren()
    for purpose in (Purpose.RAISED, Purpose.REPAGED, Purpose.ESCALATED):
        act(action(), told(purpose=purpose), bus)
    assert len(set(bus.published)) == 1


# ── the end, drills, tests ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_end_undoes_it() -> None:
    bus = Siren()
    assert act(action(), told(purpose=Purpose.ENDED), bus) == Accepted(code="published")
    assert bus.published == [("siren/b6/set", '{"on": false, "id": "guihua-7-siren-undo"}', False)]


def test_where_nothing_is_to_be_undone_nothing_is_sent() -> None:
    bus = Siren()
    assert act(action(undo=""), told(purpose=Purpose.ENDED), bus) == Accepted(code="nothing to undo")
    assert bus.published == []


@pytest.mark.parametrize("purpose", [Purpose.PROGRESS, Purpose.DIGEST, Purpose.SILENCED])
def test_what_is_only_told_moves_nothing(purpose: Purpose) -> None:
    bus = Siren()
    assert act(action(), told(purpose=purpose), bus) == Accepted(code="nothing to do")
    assert bus.published == []


@pytest.mark.parametrize("changes", [{"drill": True}, {"test": True}, {"purpose": Purpose.TEST}])
def test_no_siren_for_a_drill_or_a_test(changes: dict[str, object]) -> None:
    bus = Siren()
    assert refusal(action(), told(**changes), bus).reason == Answer.REFUSED
    assert bus.published == []


def test_a_drill_that_the_action_takes_part_in() -> None:
    bus = Siren()
    assert act(action(in_drills=True), told(drill=True), bus).code == "published"


# ── webhook ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def hook(url: str, **settings: object) -> ActionConfig:
    return action(url=SecretStr(url), topic="", **settings)


def test_a_webhook_that_says_2xx_is_accepted() -> None:
    with provider(lambda _: Answered(b"ok", 204)) as peer:
        assert act(hook(f"{peer.url()}/open?key=1")) == Accepted(code="HTTP 204")
        request = peer.next()
    assert (request.method, request.path, request.query) == ("POST", "/open", {"key": ["1"]})
    assert request.body.decode() == ON
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == "guihua-7-siren"


@pytest.mark.parametrize(
    ("reply", "reason", "code"),
    [
        (Answered(b"", 404), Answer.REFUSED, "HTTP 404"),
        (Answered(b"", 302, (("Location", "http://192.0.2.1/"),)), Answer.REFUSED, "HTTP 302"),
        (Answered(b"", 429), Answer.RATE_LIMITED, "HTTP 429"),
        (Answered(b"", 500), Answer.PROVIDER_DOWN, "HTTP 500"),
        (Reset(), Answer.UNREACHABLE, "ReadError"),
    ],
)
def test_a_webhook_that_says_anything_else_is_no_receipt(reply: Reply, reason: Answer, code: str) -> None:
    with provider(lambda _: reply) as peer:
        said = refusal(hook(peer.url()))
    assert (said.reason, said.code, said.permanent) == (reason, code, False)


def test_a_webhook_that_hangs() -> None:
    with provider(lambda _: Hang()) as peer, pytest.raises(TimeoutError):
        act(hook(peer.url()), within=0.2)


def test_the_end_is_posted_too() -> None:
    with provider(lambda _: Answered()) as peer:
        act(hook(peer.url(), undo="off"), told(purpose=Purpose.ENDED))
        request = peer.next()
    assert request.body == b"off"
    assert request.headers["content-type"].startswith("text/plain")


# ── what leaves ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_home_leaves_as_its_floor_and_what_is_nobodys_home_by_its_id() -> None:
    assert filled("{place}", notice(building_id="b6", place="1203室"), "x") == "12"
    assert filled("{place}", notice(building="", floor=None, place="东门", place_id="east"), "x") == "east"
    assert filled("{place}", notice(building_id="b6", floor=None, place="1203室"), "x") == ""


def test_an_id_that_people_typed_breaks_neither_payload_nor_topic() -> None:
    said = notice(building_id='6"/#+\\\n楼')
    assert filled('{"at": "{building}"}', said, "x") == '{"at": "6/#+楼"}'
    assert filled("siren/{building}/set", said, "x", topic=True) == "siren/6楼/set"


@pytest.mark.parametrize("url", ["action://", "action://gate", "action://siren/x", "action://siren?x=1"])
def test_an_action_that_the_config_does_not_have_is_a_config_error(url: str) -> None:
    with pytest.raises(ConfigError, match="actions"):
        CHANNEL.open(url, Tools(now_ms=lambda: 0, actions={"siren": action()}))


def test_an_action_that_does_nothing_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"actions\.siren"):
        CHANNEL.open("action://siren", Tools(now_ms=lambda: 0, actions={"siren": action(topic="")}))
