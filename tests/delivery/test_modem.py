"""The 4G modem, behind a pseudo-terminal that speaks AT: SMS, calls that ring, answers by SMS, and every way to fail."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

import msgspec
import pytest

from hub.delivery.answers import Answer
from hub.delivery.at_codes import CME, CMS, WORDS
from hub.delivery.channels.modemring import CHANNEL as RING
from hub.delivery.channels.modemsms import CHANNEL as SMS
from hub.delivery.modem import Modem, Modems, Timing, drop_sms, key_pressed
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Tools
from hub.errors import ConfigError, DeliveryError
from hub.model import Purpose, Severity, Stage
from tests.delivery.modem_peer import FOREVER, ModemPeer, deliver, modem_peer
from tests.delivery.notices import NOW_MS, message, notice
from tests.delivery.test_pdu import units_of

T = TypeVar("T")
PHONE = "13800000000"
QUICK = Timing(poll_s=0.005, heard_s=0.01, ring_s=0.05, short_ring_s=0.02, talk_s=0.01, reopen_s=0.01)
IMPATIENT = Timing(answer_s=0.1, poll_s=0.005, heard_s=0.01, ring_s=0.05, talk_s=0.01)


def run(work: Coroutine[object, object, T]) -> T:
    async def in_time() -> T:
        async with asyncio.timeout(20):
            return await work

    return asyncio.run(in_time())


def tools_of(timing: Timing = QUICK, came: list[tuple[str, str]] | None = None) -> Tools:
    heard: list[tuple[str, str]] = [] if came is None else came
    return Tools(now_ms=lambda: NOW_MS, modems=Modems(lambda number, text: heard.append((number, text)), timing))


async def send(
    peer: ModemPeer, kind: str = "modemsms", said: Message | None = None, tools: Tools | None = None
) -> Accepted:
    """One message through a sender of its own, which closes the modem afterwards."""
    used = tools or tools_of()
    channel = SMS if kind == "modemsms" else RING
    sender = channel.open(f"{kind}://{peer.path}?to={PHONE}", used).sender
    try:
        return await sender.send(said or message())
    finally:
        await used.close()


def with_purpose(**changes: object) -> Message:
    return msgspec.structs.replace(message(), notice=notice(**changes))


# ── SMS ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_sms_goes_out_in_pdu_mode_in_one_segment_with_how_to_answer() -> None:
    async def talk() -> tuple[Accepted, list[str], list[str]]:
        with modem_peer() as peer:
            return await send(peer), peer.asked, peer.pdus

    accepted, asked, (sent,) = run(talk())
    assert accepted == Accepted(code="+CMGS: 1", message_id="1")
    assert asked[:5] == ["ATE1", "AT+CMEE=1", "AT+CMGF=0", "AT+CNMI=2,2,0,0,0", "AT+CPIN?"]
    text = units_of(sent, header=False).decode("utf-16-be")
    assert text == "6号楼12层 烟感报警 03-01 03:12。回复1我去 2去不了"
    assert len(text) <= 70
    assert "0B81" + "3108000000F0" in sent


@pytest.mark.parametrize("purpose", [Purpose.ENDED, Purpose.TEST, Purpose.PROGRESS])
def test_what_asks_for_no_answer_does_not_say_how_to(purpose: Purpose) -> None:
    async def talk() -> list[str]:
        with modem_peer() as peer:
            await send(peer, said=with_purpose(purpose=purpose))
            return peer.pdus

    (sent,) = run(talk())
    assert "回复" not in units_of(sent, header=False).decode("utf-16-be")


def test_unsolicited_lines_are_no_part_of_an_answer() -> None:
    async def talk() -> Accepted:
        with modem_peer() as peer:
            peer.before = ("RING", '+CLIP: "10086",129', "^RSSI: 20", "NO CARRIER", "+CREG: 1")
            return await send(peer)

    assert run(talk()).code == "+CMGS: 1"


def test_the_port_stays_set_up_between_messages() -> None:
    async def talk() -> list[str]:
        with modem_peer() as peer:
            modem = Modem(peer.path, drop_sms, QUICK)
            await modem.sms(PHONE, "一")
            await modem.sms(PHONE, "二" * 100)
            await modem.close()
            return [one for one in peer.asked if one != "ATE1"]

    asked = run(talk())
    assert asked.count("AT+CPIN?") == 1
    assert [one.partition("=")[0] for one in asked if "CMGS" in one and "sent" not in one] == ["AT+CMGS"] * 3


@pytest.mark.parametrize(
    ("line", "meaning"),
    [(f"+CMS ERROR: {code}", one) for code, one in CMS.items()]
    + [(f"+CME ERROR: {code}", one) for code, one in CME.items()]
    + [("ERROR", WORDS["ERROR"]), ("+CMS ERROR: 999", CMS[500]), ("+CMS ERROR: odd", CMS[500])],
)
def test_every_refusal_of_the_network_has_its_reason(line: str, meaning: object) -> None:
    async def talk() -> DeliveryError:
        with modem_peer() as peer:
            peer.says["pdu"] = [(line,)]
            with pytest.raises(DeliveryError) as caught:
                await send(peer)
            return caught.value

    said = run(talk())
    assert said.code == line
    assert (said.reason, said.permanent, said.retry_after) == (
        getattr(meaning, "reason", ""),
        getattr(meaning, "permanent", ""),
        getattr(meaning, "retry_after", ""),
    )


def test_a_sim_that_wants_its_pin_is_said_so() -> None:
    async def talk() -> DeliveryError:
        with modem_peer() as peer:
            peer.says["AT+CPIN?"] = [("+CPIN: SIM PIN", "OK")]
            with pytest.raises(DeliveryError) as caught:
                await send(peer)
            return caught.value

    said = run(talk())
    assert (said.reason, said.permanent, said.code) == (Answer.REFUSED, True, "+CPIN: SIM PIN")


def test_an_answer_without_a_reference_is_no_receipt() -> None:
    async def talk() -> DeliveryError:
        with modem_peer() as peer:
            peer.says["pdu"] = [("OK",)]
            with pytest.raises(DeliveryError) as caught:
                await send(peer)
            return caught.value

    assert run(talk()).reason == Answer.UNREADABLE


def test_critical_goes_before_what_waits() -> None:
    async def talk() -> list[str]:
        with modem_peer() as peer:
            modem = Modem(peer.path, drop_sms, QUICK)
            peer.says["pdu"] = [(FOREVER,), ("+CMGS: 9", "OK")]
            holding = asyncio.create_task(modem.sms(PHONE, "零"))
            await peer.waits.wait()
            digest = asyncio.create_task(modem.sms(PHONE, "摘要"))
            await asyncio.sleep(0)
            fire = asyncio.create_task(modem.sms(PHONE, "火", first=True))
            await asyncio.sleep(0)
            peer.say("+CMGS: 1", "OK")
            await asyncio.gather(holding, digest, fire)
            await modem.close()
            return [units_of(one, header=False).decode("utf-16-be") for one in peer.pdus]

    assert run(talk()) == ["零", "火", "摘要"]


# ── a modem that does not behave ─────────────────────────────────────────────────────────────────────────────────────


def test_a_silent_modem_is_left_and_tried_afresh() -> None:
    async def talk() -> tuple[DeliveryError, str]:
        with modem_peer() as peer:
            modem = Modem(peer.path, drop_sms, IMPATIENT)
            peer.says["ATE1"] = [(FOREVER,), ("OK",)]
            with pytest.raises(DeliveryError) as caught:
                await modem.sms(PHONE, "一")
            reference = await modem.sms(PHONE, "一")
            await modem.close()
            return caught.value, reference

    said, reference = run(talk())
    assert (said.reason, said.permanent, said.code) == (Answer.PROVIDER_DOWN, False, "silent")
    assert reference == "1"


def test_after_a_deadline_the_next_message_is_not_given_the_old_ones_answer() -> None:
    """The caller gives up while the PDU is on its way; its +CMGS comes late, before the next echo."""

    async def talk() -> tuple[str, int]:
        with modem_peer() as peer:
            modem = Modem(peer.path, drop_sms, QUICK)
            peer.says["pdu"] = [(FOREVER,), ("+CMGS: 2", "OK")]
            task = asyncio.create_task(modem.sms(PHONE, "一"))
            await peer.waits.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            peer.say("+CMGS: 1", "OK")
            reference = await modem.sms(PHONE, "二")
            await modem.close()
            return reference, peer.asked.count("ATE1")

    assert run(talk()) == ("2", 2)


def test_a_modem_that_is_pulled_out_in_the_middle_is_no_receipt() -> None:
    async def talk() -> DeliveryError:
        with modem_peer() as peer:
            modem = Modem(peer.path, drop_sms, QUICK)
            peer.says["pdu"] = [(FOREVER,)]
            task = asyncio.create_task(modem.sms(PHONE, "一"))
            await peer.waits.wait()
            peer.pull_out()
            with pytest.raises(DeliveryError) as caught:
                await task
            await modem.close()
            return caught.value

    said = run(talk())
    assert (said.reason, said.code) == (Answer.PROVIDER_DOWN, "port lost")


def test_a_port_that_is_not_there() -> None:
    async def talk() -> DeliveryError:
        modem = Modem("/dev/ttyNoSuchPort", drop_sms, QUICK)
        with pytest.raises(DeliveryError) as caught:
            await modem.sms(PHONE, "一")
        return caught.value

    said = run(talk())
    assert (said.reason, said.permanent, said.code) == (Answer.UNREACHABLE, False, "ENOENT")


def test_a_port_that_another_hub_holds() -> None:
    async def talk() -> DeliveryError:
        with modem_peer() as peer:
            first, second = (Modem(peer.path, drop_sms, QUICK) for _ in range(2))
            await first.sms(PHONE, "一")
            with pytest.raises(DeliveryError) as caught:
                await second.sms(PHONE, "一")
            await first.close()
            await second.close()
            return caught.value

    assert run(talk()).code == "EAGAIN"


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_phone_that_rings_is_accepted_and_the_call_is_ended_after_a_while() -> None:
    async def talk() -> Accepted:
        with modem_peer() as peer:
            peer.calls = [2, 2, 3]
            tools = tools_of()
            accepted = await RING.open(f"modemring://{peer.path}?to={PHONE}", tools).sender.send(message())
            assert "ATH" not in peer.asked  # it goes on ringing behind the receipt
            await peer.until("ATH")
            assert f"ATD{PHONE};" in peer.asked
            await tools.close()
            return accepted

    assert run(talk()) == Accepted(code="ringing")


def test_a_phone_that_was_picked_up_is_delivered() -> None:
    async def talk() -> Accepted:
        with modem_peer() as peer:
            peer.calls = [2, 3, 0]
            tools = tools_of(Timing(poll_s=0.005, heard_s=10, talk_s=0.01))
            accepted = await RING.open(f"modemring://{peer.path}?to={PHONE}", tools).sender.send(message())
            await peer.until("ATH")
            await tools.close()
            return accepted

    assert run(talk()) == Accepted(code="answered", stage=Stage.DELIVERED)


@pytest.mark.parametrize("word", ["BUSY", "NO ANSWER", "NO CARRIER"])
def test_a_call_that_comes_to_nothing_at_once_is_no_receipt(word: str) -> None:
    async def talk() -> DeliveryError:
        with modem_peer() as peer:
            peer.says[f"ATD{PHONE};"] = [(word,)]
            with pytest.raises(DeliveryError) as caught:
                await send(peer, "modemring")
            return caught.value

    said = run(talk())
    assert (said.reason, said.code, said.retry_after) == (Answer.REFUSED, word, WORDS[word].retry_after)


@pytest.mark.parametrize(("line", "code"), [("BUSY", "BUSY"), ("VOICE CALL: END: 000000", "NO CARRIER")])
def test_a_call_that_is_turned_away_while_it_connects_is_no_receipt(line: str, code: str) -> None:
    async def talk() -> DeliveryError:
        with modem_peer() as peer:
            peer.calls = [2, -1]
            peer.says[f"ATD{PHONE};"] = [("OK", line)]
            with pytest.raises(DeliveryError) as caught:
                await send(peer, "modemring")
            return caught.value

    assert run(talk()).code == code


def test_a_number_that_was_only_dialled_is_no_receipt() -> None:
    """It hangs until the caller's deadline; then the call is ended."""

    async def talk() -> None:
        with modem_peer() as peer:
            peer.calls = [2]
            tools = tools_of()
            sender = RING.open(f"modemring://{peer.path}?to={PHONE}", tools).sender
            task = asyncio.create_task(sender.send(message()))
            await peer.until("AT+CLCC", 3)
            task.cancel()
            await peer.until("ATH")
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()
            await tools.close()

    run(talk())


def test_a_modem_that_cannot_tell_gives_no_receipt() -> None:
    async def talk() -> DeliveryError:
        with modem_peer() as peer:
            peer.says["AT+CLCC"] = [("ERROR",)]
            with pytest.raises(DeliveryError) as caught:
                await send(peer, "modemring")
            return caught.value

    assert run(talk()).reason == Answer.REFUSED


def test_an_sms_gets_through_while_a_phone_rings_and_a_second_call_waits() -> None:
    async def talk() -> list[str]:
        with modem_peer() as peer:
            modem = Modem(peer.path, drop_sms, QUICK)
            peer.calls = [3]
            await modem.ring("10001")
            await modem.sms(PHONE, "一")
            second = asyncio.create_task(modem.ring("10002"))
            await peer.until("AT+CHUP")
            peer.calls = [3]
            await second
            await peer.until("AT+CHUP", 2)
            await modem.close()
            return [one for one in peer.asked if one.startswith(("ATD", "AT+CHUP")) or one.endswith("sent")]

    asked = run(talk())
    assert asked[0] == "ATD10001;"
    assert asked.index("AT+CHUP") < asked.index("ATD10002;")
    assert asked[1].endswith("sent")


# ── SMS in ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_by_sms_is_handed_on() -> None:
    async def talk() -> list[tuple[str, str]]:
        came: list[tuple[str, str]] = []
        with modem_peer() as peer:
            tools = tools_of(came=came)
            modem = tools.modems.at(peer.path)
            await modem.sms(PHONE, "一")
            peer.say("+CMT: ,24", deliver("+8613800000000", "1"))
            peer.before = ("+CMT: ,24", deliver("10086", "2"))
            await modem.sms(PHONE, "二")  # in the middle of answers too
            peer.before = ()
            await tools.close()
        return came

    came = run(talk())
    assert came[0] == ("+8613800000000", "1")
    assert set(came[1:]) == {("10086", "2")}


def test_one_that_was_stored_is_read_and_deleted() -> None:
    async def talk() -> tuple[list[tuple[str, str]], list[str]]:
        came: list[tuple[str, str]] = []
        with modem_peer() as peer:
            tools = tools_of(came=came)
            peer.says["AT+CMGR=3"] = [("+CMGR: 0,,24", deliver("+8613800000000", "2"), "OK")]
            listening = asyncio.create_task(tools.modems.at(peer.path).keep_open())
            await peer.until("AT")
            peer.say('+CMTI: "SM",3')
            await peer.until("AT+CMGD=3")
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await tools.close()
            return came, peer.asked

    came, asked = run(talk())
    assert came == [("+8613800000000", "2")]
    assert asked.index("AT+CMGR=3") < asked.index("AT+CMGD=3")


@pytest.mark.parametrize(
    ("text", "key"),
    [("1", "1"), (" 2\n", "2"), ("3", "3"), ("４", ""), ("１", "1"), ("12", ""), ("我去", ""), ("", "")],
)
def test_a_key_of_an_sms(text: str, key: str) -> None:
    assert key_pressed(text) == key


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    ["modemsms://", "modemsms:///dev/ttyUSB2", "modemsms:///etc/passwd?to=10086", "modemring:///dev/ttyUSB2?to=x;ATD1"],
)
def test_an_address_that_can_never_work_is_a_config_error(url: str) -> None:
    channel = SMS if url.startswith("modemsms") else RING
    with pytest.raises(ConfigError, match="///dev/ttyUSB2"):
        channel.open(url, tools_of())


def test_a_number_with_a_country_keeps_its_plus() -> None:
    async def talk() -> list[str]:
        with modem_peer() as peer:
            tools = tools_of()
            await SMS.open(f"modemsms://{peer.path}?to=+8613800000000", tools).sender.send(
                with_purpose(severity=Severity.MINOR)
            )
            await tools.close()
            return peer.pdus

    (sent,) = run(talk())
    assert "0D91683108000000F0" in sent


def test_the_budget_is_the_modems() -> None:
    one = SMS.open("modemsms:///dev/ttyUSB2?to=10086", tools_of()).sender
    other = SMS.open("modemsms:///dev/ttyUSB2?to=10010", tools_of()).sender
    ring = RING.open("modemring:///dev/ttyUSB2?to=10010", tools_of()).sender
    assert one.provider == other.provider != ring.provider
    assert (one.per_minute, ring.per_minute) == (10, 2)
