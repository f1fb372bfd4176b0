"""What config.yaml and the contacts ask for is what is opened."""

from __future__ import annotations

import asyncio

from pydantic import SecretStr

from hub.answering.open import open_lines
from hub.answering.wecom_bot import WecomBot
from hub.config import AccountsConfig, DingtalkStreamConfig, FeishuConfig, WecomBotConfig
from tests.answering.peers import Answers, http_client

ALL = AccountsConfig(
    wecom_bot=WecomBotConfig(bot_id="b", secret=SecretStr("x")),
    dingtalk=DingtalkStreamConfig(client_id="c", client_secret=SecretStr("x")),
    feishu=FeishuConfig(app_id="a", app_secret=SecretStr("x")),
)


def test_every_account_is_a_line_and_the_bot_is_a_link() -> None:
    async def test() -> None:
        async with http_client() as http:
            lines = open_lines(ALL, ["ntfys://ntfy.test/fire", "wecom://KEY"], Answers(), http)
            assert [line.name for line in lines.all] == ["wecom_bot", "dingtalk", "feishu", "ntfy:ntfy.test"]
            assert set(lines.why_not()) <= {*AccountsConfig.model_fields, "ntfy:ntfy.test"}
            assert set(lines.why_not().values()) == {"not started"}
            assert list(lines.links) == ["wecombot"]
            assert isinstance(lines.links["wecombot"], WecomBot)

    asyncio.run(test())


def test_without_accounts_nothing_is_opened() -> None:
    async def test() -> None:
        async with http_client() as http:
            assert open_lines(AccountsConfig(), [], Answers(), http).all == ()

    asyncio.run(test())
