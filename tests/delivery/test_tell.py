"""`hub tell`: the provider's own word about a contact, in plain words."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from sqlalchemy import insert, select

from hub.config import AccountsConfig
from hub.delivery.links import Links
from hub.delivery.wording import Wording
from hub.model import Contact, Person
from hub.phrases import RECEIPTS
from hub.store.schema import inbox, registry
from hub.tell import tell
from tests.delivery.notices import RULES, ZONE
from tests.delivery.peers import Hang, json_reply, provider
from tests.delivery.small_store import SmallStore
from tests.delivery.vendors import ACCOUNTS, with_tokens

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
    known: Person = WANG,
    accounts: AccountsConfig | None = None,
) -> tuple[int, str]:
    with store.engine.begin() as connection:
        body = msgspec.json.encode(known).decode()
        connection.execute(insert(registry).values(community="guihua", what="person", id="wang", body=body))
    lines: list[str] = []
    code = tell(
        store,
        person,
        contact,
        names={"guihua": "桂花园"},
        wording=Wording(RULES, zone=ZONE, links=Links("", "")),
        secrets={"ROBOT_KEY": "KEY"} if secret else {},
        endpoints={"wecom": robot_url, "wecomapp": robot_url},
        accounts=accounts,
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


def test_a_member_of_an_app_is_told_over_the_account_of_the_config(store: SmallStore) -> None:
    member = Person(id="wang", name="王", contacts=(Contact(id="app", url="wecomapp://wang"),))
    not_trusted = {"errcode": 60020, "errmsg": "not allow to access from your ip, from ip: 203.0.113.7, more info"}
    with provider(with_tokens(lambda _: json_reply(not_trusted))) as peer:
        code, said = tried(store, peer.url(), known=member, accounts=ACCOUNTS)
    assert code == 1
    assert "[60020 ip=203.0.113.7]" in said


def test_without_that_account_it_says_what_to_fill_in(store: SmallStore) -> None:
    member = Person(id="wang", name="王", contacts=(Contact(id="app", url="wecomapp://wang"),))
    code, said = tried(store, "http://127.0.0.1:1", known=member)
    assert code == 1
    assert "accounts.wecom_app" in said
