"""The 4G modem, behind a pseudo-terminal that speaks AT: SMS, calls that ring, answers by SMS, and every way to fail."""

from __future__ import annotations

import asyncio

import pytest

from hub.delivery.answers import Answer
from hub.delivery.at_codes import CME, CMS, WORDS
from hub.delivery.channels.modemring import CHANNEL as RING
from hub.delivery.channels.modemsms import CHANNEL as SMS
from hub.delivery.modem import Modem, drop_sms
from hub.delivery.port import Accepted
from hub.errors import ConfigError, DeliveryError
from hub.model import Purpose, Severity
from tests.delivery.modem_peer import FOREVER, deliver, modem_peer
from tests.delivery.modem_talk import IMPATIENT, PHONE, QUICK, run, send, tools_of, with_purpose
from tests.delivery.test_pdu import units_of

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
