"""The dispatcher, on a real outbox, against providers that answer, refuse and hang."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from hub.core.decisions import NotificationDue
from hub.delivery.answers import Answer
from hub.delivery.budgets import Budgets
from hub.delivery.channels.inbox import inbox_writer
from hub.delivery.dispatch import Contacts, Dispatcher, Outbox
from hub.delivery.links import Links
from hub.delivery.port import Accepted, Message
from hub.delivery.senders import Senders
from hub.delivery.tools import InboxRow, Opened, Tools
from hub.delivery.wording import Wording
from hub.errors import StoreError
from hub.model import Receipt, Severity, Stage
from hub.store.port import Outgoing
from hub.store.schema import budget, inbox
from tests.core.storm import Storm, somebody
from tests.delivery.notices import NOW_MS, RULES, ZONE, due
from tests.delivery.peers import Answered, Hang, Peer, Reply, Request, json_reply, provider
from tests.delivery.small_store import SmallStore

TOOK_IT = json_reply({"errcode": 0, "errmsg": "ok"})
LONG = timedelta(seconds=60)
SHORT = timedelta(seconds=0.2)
ROBOT = "wecom://ROBOT"
OTHER = "wecom://OTHER"
MAJOR, MINOR, CRITICAL = Severity.MAJOR, Severity.MINOR, Severity.CRITICAL


class Clock:
    def __init__(self) -> None:
        self.ms = NOW_MS

    def __call__(self) -> int:
        return self.ms


class Rig:
    """A dispatcher that runs, and what it handed back."""

    def __init__(self, store: SmallStore, dispatcher: Dispatcher, came: asyncio.Queue[tuple[str, Receipt]]) -> None:
        self.store = store
        self.dispatcher = dispatcher
        self.came = came
        self.running = asyncio.create_task(dispatcher.run())

    def commit(self, *rows: tuple[NotificationDue, str]) -> None:
        """What the owner does: rows in a transaction, then a wake."""
        self.store.put(*[("guihua", one, url) for one, url in rows])
        self.dispatcher.wake()

    async def receipts(self, count: int) -> list[Receipt]:
        async with asyncio.timeout(30):
            return [(await self.came.get())[1] for _ in range(count)]

    async def receipt(self) -> Receipt:
        return (await self.receipts(1))[0]


@contextlib.asynccontextmanager
async def dispatching(
    store: SmallStore,
    peer: Peer | None = None,
    *,
    by: str = "hub-1",
    within: timedelta = LONG,
    per_provider: int = 8,
    clock: Clock | None = None,
    write_inbox: Callable[[InboxRow], None] | None = None,
    outbox: Outbox | None = None,
    look_every: timedelta = LONG,
    contacts: Contacts | None = None,
) -> AsyncIterator[Rig]:
    now_ms = clock or Clock()
    came: asyncio.Queue[tuple[str, Receipt]] = asyncio.Queue()
    tools = Tools(
        now_ms=now_ms,
        write_inbox=write_inbox or inbox_writer(store.writer),
        endpoints={"wecom": peer.url() if peer else "http://127.0.0.1:1"},
    )
    senders = Senders({"KEY": "ROBOT"}, tools)
    dispatcher = Dispatcher(
        outbox or store,
        contacts or senders,
        Wording(RULES, zone=ZONE, links=Links("key", "")),
        lambda community, receipt: came.put_nowait((community, receipt)),
        by=by,
        now_ms=now_ms,
        receipt_within=within,
        look_every=look_every,
        per_provider=per_provider,
    )
    rig = Rig(store, dispatcher, came)
    try:
        yield rig
    finally:
        rig.running.cancel()
        await asyncio.gather(rig.running, return_exceptions=True)
        await senders.close()


async def seen(peer: Peer) -> Request:
    return await asyncio.to_thread(peer.next)


def test_a_row_is_sent_and_its_receipt_recorded_before_it_is_handed_on(store: SmallStore) -> None:
    async def story(peer: Peer) -> None:
        async with dispatching(store, peer) as rig:
            rig.commit((due(5, contact="robot", attempt=2), "wecom://${KEY}"))
            community, receipt = await rig.came.get()
            assert store.receipts() == [receipt]
        expected = Receipt(
            notification=5, contact="robot", attempt=2, at_ms=NOW_MS, sent=True, reason="accepted", code="0"
        )
        assert (community, receipt) == ("guihua", expected)
        asked = peer.next()
        assert asked.query == {"key": ["ROBOT"]}
        assert "【紧急】6号楼12层烟感报警 03:12" in str(asked.json())

    with provider(lambda _: TOOK_IT) as peer:
        asyncio.run(story(peer))


def test_rows_from_before_the_start_are_sent_without_a_wake(store: SmallStore) -> None:
    async def story() -> None:
        store.put(("guihua", due(1), "inbox://wang"))
        async with dispatching(store) as rig:
            assert (await rig.receipt()).sent

    asyncio.run(story())


def test_a_refusal_becomes_a_receipt_with_the_providers_code(store: SmallStore) -> None:
    async def story(peer: Peer) -> Receipt:
        async with dispatching(store, peer) as rig:
            rig.commit((due(1), ROBOT))
            return await rig.receipt()

    with provider(lambda _: json_reply({"errcode": 45009, "errmsg": "api freq out of limit"})) as peer:
        receipt = asyncio.run(story(peer))
    assert (receipt.sent, receipt.reason, receipt.code, receipt.retry_after_ms) == (
        False,
        "rate_limited",
        "45009",
        60_000,
    )


def test_one_channel_hangs_while_two_hundred_criticals_to_another_go_through(store: SmallStore) -> None:
    async def story(peer: Peer) -> None:
        async with dispatching(store, peer) as rig:
            rig.commit(*[(due(n), ROBOT) for n in range(1, 21)])
            rig.commit(*[(due(n, severity=MAJOR), OTHER) for n in range(21, 31)])
            for _ in range(28):  # 20 criticals, and the majors up to their provider's 8 slots
                await seen(peer)
            rig.commit(*[(due(n), "inbox://wang") for n in range(1001, 1201)])
            receipts = await rig.receipts(200)
            # The robot's sends have a minute; none has come back, and none of these waited for them.
            assert {one.notification for one in receipts} == set(range(1001, 1201))
            assert all(one.sent for one in receipts)

    with provider(lambda _: Hang()) as peer:
        asyncio.run(story(peer))


def test_a_hang_ends_at_the_deadline(store: SmallStore) -> None:
    async def story(peer: Peer) -> Receipt:
        async with dispatching(store, peer, within=SHORT) as rig:
            rig.commit((due(1), ROBOT))
            return await rig.receipt()

    with provider(lambda _: Hang()) as peer:
        receipt = asyncio.run(story(peer))
    assert (receipt.sent, receipt.reason, receipt.permanent) == (False, "timeout", False)


def test_what_is_critical_waits_for_no_slot_of_its_own_provider(store: SmallStore) -> None:
    def answer(request: Request) -> Reply:
        return TOOK_IT if "紧急" in str(request.json()) else Hang()

    async def story(peer: Peer) -> None:
        async with dispatching(store, peer, per_provider=1) as rig:
            rig.commit((due(1, severity=MAJOR), ROBOT), (due(2, severity=MAJOR), ROBOT))
            await seen(peer)
            rig.commit((due(3), ROBOT))
            receipt = await rig.receipt()
            assert (receipt.notification, receipt.sent) == (3, True)
            # The second major one waits for its slot.
            await seen(peer)
            assert peer.seen.empty()

    with provider(answer) as peer:
        asyncio.run(story(peer))


def test_a_robots_budget_keeps_its_last_five_for_critical(store: SmallStore) -> None:
    async def story(peer: Peer) -> None:
        clock = Clock()
        async with dispatching(store, peer, clock=clock) as rig:
            rig.commit(*[(due(n, severity=MAJOR), ROBOT) for n in range(1, 19)])
            receipts = await rig.receipts(18)
            assert sorted(one.notification for one in receipts if one.sent) == list(range(1, 16))
            late = [one for one in receipts if not one.sent]
            assert {(one.reason, one.code, one.permanent) for one in late} == {("rate_limited", "budget", False)}
            assert {one.retry_after_ms for one in late} == {60_000 - NOW_MS % 60_000}
            # More than are left: what is critical goes all the same.
            rig.commit(*[(due(n), ROBOT) for n in range(21, 28)])
            assert all(one.sent for one in await rig.receipts(7))
            # Another robot has a budget of its own.
            rig.commit((due(30, severity=MAJOR), OTHER))
            assert (await rig.receipt()).sent
        async with dispatching(store, peer, by="hub-2", clock=clock) as again:
            # A restart does not forget what was taken.
            again.commit((due(31, severity=MAJOR), ROBOT))
            assert (await again.receipt()).reason == "rate_limited"
            clock.ms += 60_000
            again.commit((due(32, severity=MAJOR), ROBOT))
            assert (await again.receipt()).sent

    with provider(lambda _: TOOK_IT) as peer:
        asyncio.run(story(peer))
    with store.engine.connect() as connection:
        taken = sorted(row.taken for row in connection.execute(select(budget)))
    assert taken == [1, 1, 20]


def test_a_channel_without_a_limit_has_no_budget(store: SmallStore) -> None:
    async def story() -> None:
        async with dispatching(store) as rig:
            rig.commit(*[(due(n, severity=MINOR), "inbox://wang") for n in range(1, 41)])
            assert all(one.sent for one in await rig.receipts(40))

    asyncio.run(story())


def test_the_most_severe_goes_first_then_the_oldest(store: SmallStore) -> None:
    order = [Severity.INFO, MINOR, CRITICAL, MAJOR, CRITICAL]
    rows = [("guihua", due(n, severity=severity), "inbox://wang") for n, severity in enumerate(order, 1)]
    store.put(*rows)

    async def story() -> None:
        async with dispatching(store) as rig:
            await rig.receipts(5)

    asyncio.run(story())
    with store.engine.connect() as connection:
        written = [row.notification for row in connection.execute(select(inbox).order_by(inbox.c.id))]
    assert written == [3, 5, 4, 2, 1]


def test_a_stop_waits_for_what_was_handed_over_and_leaves_the_rest_to_the_next_start(store: SmallStore) -> None:
    stopped = threading.Event()

    def answer(_: Request) -> Reply:
        assert stopped.wait(20)
        return TOOK_IT

    async def story(peer: Peer) -> None:
        async with dispatching(store, peer, per_provider=1) as rig:
            rig.commit((due(1, severity=MAJOR), ROBOT), (due(2, severity=MAJOR), ROBOT))
            await seen(peer)
            rig.dispatcher.stop()
            stopped.set()
            async with asyncio.timeout(20):
                await rig.running
            receipt = await rig.receipt()
            assert (receipt.notification, receipt.sent) == (1, True)
            assert rig.came.empty()
        assert store.open_rows() == [2]

    with provider(answer) as peer:
        asyncio.run(story(peer))

    async def next_start(peer: Peer) -> None:
        async with dispatching(store, peer, by="hub-2") as rig:
            assert (await rig.receipt()).notification == 2
        assert store.open_rows() == []

    with provider(lambda _: TOOK_IT) as peer:
        asyncio.run(next_start(peer))


def test_a_stop_does_not_outlast_the_deadline_of_what_hangs(store: SmallStore) -> None:
    async def story(peer: Peer) -> Receipt:
        async with dispatching(store, peer, within=SHORT) as rig:
            rig.commit((due(1), ROBOT))
            await seen(peer)
            rig.dispatcher.stop()
            async with asyncio.timeout(20):
                await rig.running
            return await rig.receipt()

    with provider(lambda _: Hang()) as peer:
        assert asyncio.run(story(peer)).reason == "timeout"


def test_a_crash_in_mid_send_doubles_that_one_send_and_loses_none(store: SmallStore) -> None:
    async def crash(peer: Peer) -> None:
        async with dispatching(store, peer) as rig:
            rig.commit((due(1), ROBOT))
            await seen(peer)
            rig.running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await rig.running
            assert rig.came.empty()

    async def again(peer: Peer) -> None:
        async with dispatching(store, peer, by="hub-2") as rig:
            assert (await rig.receipt()).sent
        await seen(peer)

    with provider(lambda _: Hang()) as peer:
        asyncio.run(crash(peer))
    assert store.open_rows() == [1]
    with provider(lambda _: TOOK_IT) as peer:
        asyncio.run(again(peer))


def test_a_row_whose_deadline_passed_while_the_hub_was_down_is_sent(store: SmallStore) -> None:
    async def story() -> None:
        clock = Clock()
        store.put(("guihua", due(1), "inbox://wang"))
        clock.ms += 3_600_000
        async with dispatching(store, clock=clock) as rig:
            assert (await rig.receipt()).sent

    asyncio.run(story())


@pytest.mark.parametrize("url", ["pager://1", "wecom://${NO_SUCH_SECRET}", "wecombot://", "wecom://"])
def test_a_contact_that_can_never_work_is_a_permanent_miss(store: SmallStore, url: str) -> None:
    async def story() -> Receipt:
        async with dispatching(store) as rig:
            rig.commit((due(1), url))
            return await rig.receipt()

    receipt = asyncio.run(story())
    assert (receipt.sent, receipt.reason, receipt.permanent) == (False, "bad_contact", True)


def test_a_bug_in_a_sender_still_gives_a_receipt_and_tells_the_log_no_name(
    store: SmallStore, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(row: InboxRow) -> None:
        raise ZeroDivisionError(row.person)

    async def story() -> Receipt:
        async with dispatching(store, write_inbox=broken) as rig:
            rig.commit((due(1), "inbox://wang"))
            return await rig.receipt()

    receipt = asyncio.run(story())
    assert (receipt.sent, receipt.reason, receipt.code) == (False, Answer.FAULT, "ZeroDivisionError")
    logged = "".join(capsys.readouterr())
    assert "ZeroDivisionError" in logged
    assert "wang" not in logged
    assert "6号楼" not in logged


class Failing:
    """A store whose named method fails, the first ``times`` times."""

    def __init__(self, store: SmallStore, method: str, times: int) -> None:
        self._store = store
        self._method = method
        self._left = times

    def _maybe(self, method: str) -> None:
        if method == self._method and self._left:
            self._left -= 1
            raise StoreError("database is locked")

    def claim(self, by: str, now_ms: int, limit: int) -> list[Outgoing]:
        self._maybe("claim")
        return self._store.claim(by, now_ms, limit)

    def take_budget(self, provider: str, window_ms: int, cost: int, limit: int) -> bool:
        self._maybe("take_budget")
        return self._store.take_budget(provider, window_ms, cost, limit)

    def record_receipt(self, community: str, receipt: Receipt) -> None:
        self._maybe("record_receipt")
        self._store.record_receipt(community, receipt)


@pytest.mark.parametrize("method", ["claim", "take_budget", "record_receipt"])
def test_a_store_that_fails_once_costs_no_message_and_no_receipt(store: SmallStore, method: str) -> None:
    async def story(peer: Peer) -> Receipt:
        store.put(("guihua", due(1, severity=MAJOR), ROBOT))
        failing = Failing(store, method, 1)
        async with dispatching(store, peer, outbox=failing, look_every=timedelta(milliseconds=20)) as rig:
            return await rig.receipt()

    with provider(lambda _: TOOK_IT) as peer:
        assert asyncio.run(story(peer)).sent


def test_a_webhook_over_apprise_goes_the_same_way(store: SmallStore) -> None:
    async def story(peer: Peer) -> Receipt:
        async with dispatching(store, peer) as rig:
            rig.commit((due(1), f"json://127.0.0.1:{peer.port}/hook"))
            return await rig.receipt()

    with provider(lambda _: Answered(b"", 200)) as peer:
        assert asyncio.run(story(peer)).sent
        assert str(peer.next().json()["message"]).startswith("【紧急】6号楼12层")


class Cards:
    """A channel whose messages can be changed, and that knows at once that they were delivered."""

    provider, per_minute = "cards", 0

    def __init__(self) -> None:
        self.sent: list[tuple[str, bool]] = []

    def open(self, url: str) -> Opened:
        assert url == "cards://li"
        return Opened(self)

    async def send(self, message: Message) -> Accepted:
        self.sent.append((message.updates, message.quiet))
        return Accepted(message_id="om_7", stage=Stage.DELIVERED)

    async def close(self) -> None:
        """Nothing is open."""


def test_a_card_is_named_to_its_channel_and_what_the_channel_says_of_it_is_in_the_receipt(store: SmallStore) -> None:
    async def story() -> None:
        cards = Cards()
        async with dispatching(store, contacts=cards) as rig:
            rig.commit((msgspec.structs.replace(due(5), updates="om_7", quiet=True), "cards://li"))
            receipt = await rig.receipt()
        assert cards.sent == [("om_7", True)]
        assert (receipt.sent, receipt.message_id, receipt.stage) == (True, "om_7", Stage.DELIVERED)

    asyncio.run(story())


def test_the_budget_refuses_nothing_that_a_lane_let_through() -> None:
    storm = Storm(somebody("li", ROBOT), towers=200)
    left: list[NotificationDue] = []
    for second in range(1, 180):
        now = second + 0.0
        left += storm.alarms(now, second) if second % 7 == 0 else storm.low(now, second)
    left += storm.due(400)
    taken: Counter[tuple[str, int]] = Counter()

    def take(provider: str, window_ms: int, cost: int, limit: int) -> bool:
        if taken[provider, window_ms] + cost > limit:
            return False
        taken[provider, window_ms] += cost
        return True

    now_ms = 0
    budgets = Budgets(take, lambda: now_ms)
    refused = 0
    for one in sorted(left, key=lambda d: d.at_ms):
        now_ms = one.at_ms
        if one.severity is Severity.CRITICAL:
            budgets.count_critical("robot", 20)
        else:
            refused += bool(budgets.take("robot", 20))
    assert (len(left) > 40, refused) == (True, 0)


def test_words_for_one_kind_of_address_never_go_to_another(store: SmallStore) -> None:
    async def story() -> Receipt:
        async with dispatching(store) as rig:
            rig.commit((msgspec.structs.replace(due(1), scheme="inbox"), "wecom://a-group"))
            return await rig.receipt()

    receipt = asyncio.run(story())
    assert (receipt.sent, receipt.reason, receipt.code) == (False, "bad_contact", "changed")
