"""`hub tell`: the provider's own word about a contact, in plain words."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from sqlalchemy import insert, select

from hub.delivery.links import Links
from hub.delivery.wording import Wording
from hub.model import Contact, Person
from hub.phrases import RECEIPTS
from hub.store.schema import inbox, registry
from hub.tell import tell
from tests.delivery.notices import RULES, ZONE
from tests.delivery.peers import Hang, json_reply, provider
from tests.delivery.small_store import SmallStore

WANG = Person(
    id="wang",
    name="王",
    contacts=(
        Contact(id="inbox", url="inbox://wang"),
        Contact(id="robot", url="wecom://${ROBOT_KEY}", group=True),
        Contact(id="second", url="inbox://wang"),
    ),
)


def tried(
    store: SmallStore,
    robot_url: str,
    contact: str = "",
    *,
    person: str = "wang",
    secret: bool = True,
    within: float = 20,
) -> tuple[int, str]:
    with store.engine.begin() as connection:
        body = msgspec.json.encode(WANG).decode()
        connection.execute(insert(registry).values(community="guihua", what="person", id="wang", body=body))
    lines: list[str] = []
    code = tell(
        store,
        person,
        contact,
        names={"guihua": "桂花园"},
        wording=Wording(RULES, zone=ZONE, links=Links("", "")),
        secrets={"ROBOT_KEY": "KEY"} if secret else {},
        endpoints={"wecom": robot_url},
        within=timedelta(seconds=within),
        say=lines.append,
    )
    return code, "\n".join(lines)


def test_every_contact_is_tried_and_all_took_it(store: SmallStore) -> None:
    with provider(lambda _: json_reply({"errcode": 0, "errmsg": "ok"})) as peer:
        code, said = tried(store, peer.url())
        assert "【测试】桂花园告警通知测试" in str(peer.next().json())
    assert code == 0
    assert [line.split(" ")[1] for line in said.splitlines()] == ["inbox:", "robot:", "second:"]
    assert said.count(RECEIPTS["accepted"].zh) == 3
    with store.engine.connect() as connection:
        assert len(connection.execute(select(inbox)).all()) == 2


def test_a_refusal_prints_the_providers_code_and_is_no_success(store: SmallStore) -> None:
    with provider(lambda _: json_reply({"errcode": 93000, "errmsg": "invalid webhook url"})) as peer:
        code, said = tried(store, peer.url(), "robot")
    assert code == 1
    assert "[93000]" in said
    assert RECEIPTS["bad_contact"].zh in said
    assert RECEIPTS["bad_contact"].en in said


def test_a_hang_is_told_as_no_answer(store: SmallStore) -> None:
    with provider(lambda _: Hang()) as peer:
        code, said = tried(store, peer.url(), "robot", within=0.2)
    assert code == 1
    assert RECEIPTS["timeout"].zh in said


def test_a_missing_secret_says_what_to_do(store: SmallStore) -> None:
    code, said = tried(store, "http://127.0.0.1:1", "robot", secret=False)
    assert code == 1
    assert "Set ROBOT_KEY for the hub." in said


def test_one_contact_alone(store: SmallStore) -> None:
    code, said = tried(store, "http://127.0.0.1:1", "inbox")
    assert (code, len(said.splitlines())) == (0, 1)


def test_nobody_of_that_name_and_no_such_contact(store: SmallStore) -> None:
    code, said = tried(store, "http://127.0.0.1:1", person="li")
    assert code == 1
    assert "li" in said


def test_no_such_contact(store: SmallStore) -> None:
    code, said = tried(store, "http://127.0.0.1:1", "fax")
    assert code == 1
    assert "fax" in said
