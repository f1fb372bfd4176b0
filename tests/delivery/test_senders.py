"""Contact URL -> sender: schemes, secrets, the inbox."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from hub.delivery.answers import Answer
from hub.delivery.channels.inbox import inbox_writer
from hub.delivery.port import Accepted
from hub.delivery.senders import Senders, channel_files, fill_secrets, open_sender
from hub.delivery.tools import InboxRow, Tools
from hub.errors import ConfigError, DeliveryError, StoreError
from hub.store.schema import inbox
from tests.delivery.notices import message
from tests.delivery.small_store import SmallStore


def test_channels_are_found_in_the_folder() -> None:
    assert {"inbox", "wecom", "ntfy", "mailto", "wechat", "dingtalk"} <= set(channel_files())


def test_an_unknown_scheme_says_which_there_are() -> None:
    with pytest.raises(ConfigError, match=r"pager://.*inbox.*wecom"):
        open_sender("pager://1", {}, Tools(now_ms=lambda: 0))


def test_secrets_are_filled_in_and_encoded() -> None:
    secrets = {"P": "a@b/c", "WHOLE": "mailto://x:y@z"}
    assert fill_secrets("mailto://u:${P}@mail.test", secrets) == "mailto://u:a%40b%2Fc@mail.test"
    assert fill_secrets("${WHOLE}", secrets) == "mailto://x:y@z"
    with pytest.raises(ConfigError, match="NOPE"):
        fill_secrets("wecom://${NOPE}", secrets)


def test_one_object_per_contact() -> None:
    senders = Senders({}, Tools(now_ms=lambda: 0))
    assert senders.open("wecom://KEY") is senders.open("wecom://KEY")
    assert senders.open("wecom://KEY") is not senders.open("wecom://OTHER")


def test_a_positive_receipt_of_the_inbox_is_a_committed_row_and_a_repeat_does_not_double_it(store: SmallStore) -> None:
    sender = open_sender("inbox://wang", {}, Tools(now_ms=lambda: 5, write_inbox=inbox_writer(store.writer)))
    for _ in range(2):
        assert asyncio.run(sender.send(message())) == Accepted(code="committed")
    with store.engine.connect() as connection:
        (row,) = connection.execute(select(inbox)).all()
    assert (row.community, row.person, row.at_ms, row.incident) == ("guihua", "wang", 5, 7)
    assert (row.notification, row.attempt, row.severity, row.purpose) == (1, 1, "critical", "raised")
    assert row.text == message().text
    assert row.read_ms is None


def test_a_row_that_was_not_written_is_no_receipt() -> None:
    def full(row: InboxRow) -> None:
        raise StoreError(f"disk full, {row.person}")

    sender = open_sender("inbox://wang", {}, Tools(now_ms=lambda: 5, write_inbox=full))
    with pytest.raises(DeliveryError) as caught:
        asyncio.run(sender.send(message()))
    assert (caught.value.reason, caught.value.permanent) == (Answer.PROVIDER_DOWN, False)


def test_an_inbox_of_nobody_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="inbox://person"):
        open_sender("inbox://", {}, Tools(now_ms=lambda: 0))
