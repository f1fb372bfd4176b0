"""What a modem's refusals mean: +CMS ERROR (3GPP TS 27.005, 3.2.5), +CME ERROR (3GPP TS 27.007, 9.2) and the words of a
call that came to nothing (ITU-T V.250)."""

from __future__ import annotations

import msgspec

from hub.delivery.answers import Answer
from hub.errors import DeliveryError


class Meaning(msgspec.Struct, frozen=True):
    """What a refusal means to us."""

    reason: Answer
    permanent: bool = False
    """Sending over the same contact again cannot help until somebody has changed something."""
    retry_after: float | None = None


NUMBER = Meaning(Answer.BAD_CONTACT, permanent=True)
SIM = Meaning(Answer.REFUSED, permanent=True)
"""The SIM or its contract: somebody must look."""
NETWORK = Meaning(Answer.PROVIDER_DOWN, retry_after=5)
REFUSED = Meaning(Answer.REFUSED)

CMS: dict[int, Meaning] = {
    1: NUMBER,  # unassigned number
    8: SIM,  # operator determined barring
    10: SIM,  # call barred
    17: NETWORK,  # network failure
    21: REFUSED,  # short message transfer rejected
    22: NETWORK,  # congestion
    27: REFUSED,  # destination out of service
    28: NUMBER,  # unidentified subscriber
    29: SIM,  # facility rejected
    30: NUMBER,  # unknown subscriber
    38: NETWORK,  # network out of order
    41: NETWORK,  # temporary failure
    42: NETWORK,  # congestion
    47: NETWORK,  # resources unavailable
    50: SIM,  # requested facility not subscribed
    69: SIM,  # requested facility not implemented
    300: NETWORK,  # ME failure
    302: SIM,  # operation not allowed
    304: Meaning(Answer.FAULT),  # invalid PDU mode parameter: ours
    310: SIM,  # SIM not inserted
    311: SIM,  # SIM PIN required
    313: SIM,  # SIM failure
    314: NETWORK,  # SIM busy
    315: SIM,  # SIM wrong
    316: SIM,  # SIM PUK required
    330: SIM,  # SMSC address unknown
    331: NETWORK,  # no network service
    332: NETWORK,  # network timeout
    500: REFUSED,  # unknown error
}
CME: dict[int, Meaning] = {
    3: REFUSED,  # operation not allowed
    10: SIM,  # SIM not inserted
    11: SIM,  # SIM PIN required
    12: SIM,  # SIM PUK required
    13: SIM,  # SIM failure
    14: NETWORK,  # SIM busy
    15: SIM,  # SIM wrong
    30: NETWORK,  # no network service
    31: NETWORK,  # network timeout
    32: SIM,  # network not allowed, emergency calls only
    100: REFUSED,  # unknown
}
WORDS: dict[str, Meaning] = {
    "BUSY": Meaning(Answer.REFUSED, retry_after=30),
    "NO ANSWER": REFUSED,
    "NO CARRIER": REFUSED,
    "NO DIALTONE": NETWORK,
    "NO DIAL TONE": NETWORK,
    "COMMAND NOT SUPPORT": SIM,
    "ERROR": REFUSED,
}
"""A code or word that is not here is a refusal that may pass."""


def is_refusal(line: str) -> bool:
    return line in WORDS or line.startswith(("+CMS ERROR:", "+CME ERROR:"))


def explain(line: str) -> DeliveryError:
    """The error for a final line of the modem; its code is the line itself."""
    kind, _, number = line.partition(":")
    table = {"+CMS ERROR": CMS, "+CME ERROR": CME}.get(kind)
    if table is not None and number.strip().isdigit():
        meaning = table.get(int(number), REFUSED)
    else:
        meaning = WORDS.get(line, REFUSED)
    return DeliveryError(meaning.reason, permanent=meaning.permanent, retry_after=meaning.retry_after, code=line)
