"""Calls of the 4G modem: what is a receipt, what is none, and when it hangs up."""

from __future__ import annotations

import asyncio

import pytest

from hub.delivery.answers import Answer
from hub.delivery.at_codes import WORDS
from hub.delivery.channels.modemring import CHANNEL as RING
from hub.delivery.modem import Modem, Timing, drop_sms
from hub.delivery.port import Accepted
from hub.errors import DeliveryError
from hub.model import Stage
from tests.delivery.modem_peer import modem_peer
from tests.delivery.modem_talk import PHONE, QUICK, run, send, tools_of
from tests.delivery.notices import message


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
