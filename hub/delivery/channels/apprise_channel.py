"""Contacts that Apprise carries and tells the truth about. Read and tried on Apprise 2.2.0:

- ``mailto mailtos``: True only when the server accepted every recipient at the end of DATA. ``json form xml`` (and with
  s): True for any 2xx. None of these reads the answer's body.
- ``pushplus``: reads the body's ``code``, True only for 200. ``wxpusher``: the same, True only for 1000.
- ``wechat`` (plugin NotifyWeChat, the WeCom *app*): True only for ``errcode`` 0. It does not read ``invaliduser``, which
  the vendor sends with errcode 0 when some of several recipients are invalid; when all are, errcode is 81013. So exactly
  one recipient is allowed here, and then the answer is the truth. A JSON object without errcode counts as success.
- By default it follows redirects, and a POST that is answered 301 or 302 goes on as a GET: a page that says 200 then
  counts as a success. We switch that off. It sleeps 5.5 s between two requests of one object, which for ``wechat`` are
  the token and the message; we have budgets of our own and switch that off too.

Not carried by Apprise: WeCom robots, DingTalk, Feishu, Lark, ServerChan, Bark and PushDeer, because it reports success for
any HTTP 200, whatever code stands in the body; and ntfy, whose messages can be changed and answered. They have files of
their own here. Refused: what Apprise calls by another name, see `UNTRUE`.
"""

from __future__ import annotations

import importlib
import logging
import re
import threading
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from hub.delivery.answers import Answer
from hub.delivery.port import Accepted, Message
from hub.delivery.tools import Channel, Opened, Tools, budget_key
from hub.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from apprise.plugins.base import NotifyBase


class Plugin(msgspec.Struct, frozen=True):
    """Where Apprise has it, and the provider's limit for one receiver."""

    module: str
    name: str
    receivers: tuple[str, ...] = ()
    """Attributes that list who receives; together they must name somebody."""
    per_minute: int = 0
    third_party: bool = False


MAIL = Plugin("email", "NotifyEmail", receivers=("targets",))
JSON = Plugin("custom_json", "NotifyJSON")
FORM = Plugin("custom_form", "NotifyForm")
XML = Plugin("custom_xml", "NotifyXML")

TRUE: dict[str, Plugin] = {
    "mailto": MAIL,
    "mailtos": MAIL,
    "json": JSON,
    "jsons": JSON,
    "form": FORM,
    "forms": FORM,
    "xml": XML,
    "xmls": XML,
    "pushplus": Plugin("pushplus", "NotifyPushplus", third_party=True),
    "wxpusher": Plugin("wxpusher", "NotifyWxPusher", receivers=("_users", "_topics"), third_party=True),
    # 30 a minute for one app and one member; the vendor drops the rest without a word (document/path/90312)
    "wechat": Plugin("wechat", "NotifyWeChat", receivers=("users", "departments", "tag_ids"), per_minute=30),
}

UNTRUE: dict[str, str] = {"schan": "Use serverchan://SENDKEY, the hub's own sender."}
"""Scheme -> what to use instead."""

TOKEN_OVER = frozenset({"40001", "40014", "42001"})
"""WeCom's codes for an access token that is no longer good; the plugin drops it, and the next call gets another."""

CODE = re.compile(r"(?:errcode|error|code)=(?:\d+/)?([A-Za-z0-9-]+)")
MAIL_CODE = re.compile(r"was refused: ([45]\d\d)|\(([45]\d\d), b")
"""Apprise's own line, or how smtplib prints what the server said."""
TOO_FAST = frozenset({"45009", "1008"})
"""WeCom app and WxPusher; HTTP says 429."""


class _Overheard(logging.Handler):
    """What Apprise logs while it sends, by thread: the only place where it says why. Nothing of it reaches our own
    logs: it names addresses, and payloads at DEBUG, where it also puts what a mail server said."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._local = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        lines = getattr(self._local, "lines", None)
        if lines is None or (record.levelno < logging.WARNING and not str(record.msg).startswith("Socket Exception")):
            return
        lines.append(record.getMessage())

    def listen(self) -> list[str]:
        """A list that this thread's lines go to from now on."""
        lines: list[str] = []
        self._local.lines = lines
        return lines


_overheard = _Overheard()


def _overhear() -> None:
    log = logging.getLogger("apprise")
    if _overheard not in log.handlers:
        log.addHandler(_overheard)
        log.propagate = False
        log.setLevel(logging.DEBUG)


class AppriseSender:
    """One contact over one Apprise object, each send in a thread of its own."""

    def __init__(self, plugin: NotifyBase, provider: str, per_minute: int, tools: Tools) -> None:
        self.provider = provider
        self.per_minute = per_minute
        self._plugin = plugin
        self._tools = tools

    async def send(self, message: Message) -> Accepted:
        said = await self._tools.threads.run(self.provider, lambda: self._notify(message))
        if said is None:
            return Accepted()
        raise said

    def _notify(self, message: Message) -> DeliveryError | None:
        """In the thread: None when Apprise reports success."""
        from apprise import NotifyFormat
        from apprise.exception import AppriseException

        lines = _overheard.listen()
        for _ in range(2):
            try:
                sent = self._plugin.notify(body=message.text, title=message.title, body_format=NotifyFormat.TEXT)
            except (AppriseException, OSError, ValueError, TypeError, AttributeError, KeyError) as exc:
                # Apprise's plugins let an answer of another shape than they expect escape as one of these.
                return DeliveryError(Answer.UNREADABLE, permanent=False, code=type(exc).__name__)
            if sent:
                return None
            failure = why(lines)
            if failure.code not in TOKEN_OVER:
                return failure
            # Not a retry of the message: the provider refused our stale token and took nothing.
            lines = _overheard.listen()
        return failure

    async def close(self) -> None:
        """Apprise keeps nothing open between calls."""


def why(lines: list[str]) -> DeliveryError:
    """What Apprise's lines say about a failed send."""
    text = " ".join(lines)
    mail = MAIL_CODE.search(text)
    if mail:
        return _mail_server_said(mail.group(1) or mail.group(2))
    if "onnection error" in text:
        return DeliveryError(Answer.UNREACHABLE, permanent=False)
    match = CODE.search(text)
    code = match.group(1) if match else ""
    if code in TOO_FAST or code == "429":
        return DeliveryError(Answer.RATE_LIMITED, permanent=False, retry_after=60, code=code)
    if len(code) == 3 and code.startswith("5"):
        return DeliveryError(Answer.PROVIDER_DOWN, permanent=False, retry_after=2, code=code)
    return DeliveryError(Answer.REFUSED, permanent=False, code=code)


def _mail_server_said(code: str) -> DeliveryError:
    """RFC 5321: 4yz may pass; 550, 551 and 553 are about the mailbox; other 5yz are about us or the message."""
    if code.startswith("4"):
        return DeliveryError(Answer.PROVIDER_DOWN, permanent=False, retry_after=60, code=code)
    if code in ("550", "551", "553"):
        return DeliveryError(Answer.BAD_CONTACT, permanent=True, code=code)
    return DeliveryError(Answer.REFUSED, permanent=False, code=code)


def open_apprise(url: str, tools: Tools) -> Opened:
    scheme = url.partition("://")[0].lower()
    if scheme in UNTRUE:
        raise ConfigError(
            f"{scheme}:// reports success for messages that the provider refused.", where="contact", todo=UNTRUE[scheme]
        )
    _overhear()
    known = TRUE[scheme]
    plugin = _instantiate(url, scheme, known)
    # Our budgets and the core's ladder do what these would do; the module's docstring says why not.
    plugin.request_rate_per_sec = 0
    plugin.redirects = False
    # Apprise gives up after 4 s; a mail server that keeps strangers waiting takes longer.
    plugin.socket_connect_timeout = plugin.socket_read_timeout = tools.blocking_s
    sender = AppriseSender(plugin, _budget(plugin, scheme, known), known.per_minute, tools)
    return Opened(sender, third_party=known.third_party)


def _instantiate(url: str, scheme: str, known: Plugin) -> NotifyBase:
    """The plugin's object. Apprise's own `instantiate` would import all 130 plugins first, which takes 0.6 s."""
    from apprise.exception import AppriseException

    with warnings.catch_warnings():
        # Its mail plugin imports imghdr, which Python 3.11 and 3.12 deprecate.
        warnings.simplefilter("ignore", DeprecationWarning)
        loaded = getattr(importlib.import_module(f"apprise.plugins.{known.module}"), known.name)
    mistake = ConfigError(
        f"this is no address that {scheme}:// understands.", where="contact", todo="See the README on contacts."
    )
    try:
        parts: Mapping[str, object] | None = loaded.parse_url(url)
        if not parts:
            raise mistake
        plugin: NotifyBase = loaded(**parts)
    except (AppriseException, TypeError, ValueError) as exc:
        raise mistake from exc
    receivers = _receivers(plugin, known)
    if known.receivers and not receivers:
        raise mistake
    if scheme == "wechat" and (len(receivers) != 1 or "@all" in receivers):
        raise ConfigError(
            "a WeCom app contact must have exactly one receiver.",
            where="contact",
            todo="Write wechat://CORPID:SECRET@AGENT/@user, one contact for each person: with several, a refused one goes unnoticed.",
        )
    return plugin


def _receivers(plugin: NotifyBase, known: Plugin) -> list[str]:
    """Whom this contact reaches: mail addresses, users."""
    return [str(one) for name in known.receivers for one in getattr(plugin, name)]


def _budget(plugin: NotifyBase, scheme: str, known: Plugin) -> str:
    """One provider is one account and, where the limit is per member, one member."""
    identity = plugin.url_identifier
    parts = list(identity) if isinstance(identity, (list, tuple)) else [identity]
    members = _receivers(plugin, known) if known.per_minute else []
    return budget_key(scheme, *(str(part) for part in parts), *members)


CHANNEL = Channel(schemes=(*TRUE, *UNTRUE), open=open_apprise)
