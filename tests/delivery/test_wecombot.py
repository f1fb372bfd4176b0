"""``wecombot://MEMBER``: through whatever connection stands."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from hub.delivery.answers import Answer
from hub.delivery.live import Button
from hub.delivery.port import Accepted
from hub.delivery.senders import Senders
from hub.delivery.tools import Tools
from hub.errors import ConfigError, DeliveryError
from hub.model import Purpose
from tests.delivery.notices import message


class Link:
    """A connection that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, list[str]]] = []

    async def send(self, member: str, text: str, buttons: Sequence[Button] = ()) -> str:
        self.sent.append((member, text, [one.key for one in buttons]))
        return "id-1"


def sent(link: Link, **changes: object) -> Accepted:
    said = message()
    said = msgspec.structs.replace(said, notice=msgspec.structs.replace(said.notice, **changes))

    async def send() -> Accepted:
        senders = Senders({}, Tools(now_ms=lambda: 0, links={"wecombot": link}))
        accepted = await senders.open("wecombot://wang.wu").sender.send(said)
        await senders.close()
        return accepted

    return asyncio.run(send())


def test_the_message_goes_with_its_buttons() -> None:
    link = Link()
    assert sent(link) == Accepted(code="0", message_id="id-1")
    assert link.sent == [("wang.wu", message().text, ["accept/guihua/7", "decline/guihua/7"])]


@pytest.mark.parametrize(
    "changes", [{"purpose": Purpose.ENDED}, {"purpose": Purpose.TEST}, {"group": True}, {"test": True}, {"incident": 0}]
)
def test_what_asks_nothing_has_no_buttons(changes: dict[str, object]) -> None:
    link = Link()
    sent(link, **changes)
    assert link.sent[0][2] == []


def test_without_a_connection_the_next_contact_is_tried() -> None:
    senders = Senders({}, Tools(now_ms=lambda: 0))
    with pytest.raises(DeliveryError) as caught:
        asyncio.run(senders.open("wecombot://wang").sender.send(message()))
    assert (caught.value.reason, caught.value.permanent) == (Answer.UNREACHABLE, False)


@pytest.mark.parametrize("url", ["wecombot://", "wecombot:///", "wecombot://a/b", "wecombot://a?x=1"])
def test_an_address_that_names_nobody_is_a_config_error(url: str) -> None:
    with pytest.raises(ConfigError, match="wecombot://MEMBER"):
        Senders({}, Tools(now_ms=lambda: 0)).open(url)
