"""What channels are made of and with: the shape of a channel file, and what it may use to open a sender."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import httpx
import msgspec

from hub.config import AccountsConfig, ActionConfig
from hub.delivery.access import AccessToken, Granted
from hub.delivery.bus import Bus
from hub.delivery.live import LiveLink
from hub.delivery.modem import Modems
from hub.delivery.port import Sender
from hub.delivery.threads import SendThreads
from hub.errors import DeliveryError
from hub.store.calls import Call

SHANGHAI = ZoneInfo("Asia/Shanghai")


class InboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the `inbox` table: unique on (community, notification, attempt)."""

    community: str
    person: str
    at_ms: int
    incident: int
    notification: int
    attempt: int
    severity: str
    purpose: str
    text: str


def no_inbox(row: InboxRow) -> None:
    """For where there is no store: nothing is ever received."""
    raise DeliveryError("refused", permanent=True, code=f"no inbox for {row.person}")


def no_subscription(subscription: str) -> dict[str, object] | None:
    """For where there is no store: no browser ever subscribed."""
    raise DeliveryError("refused", permanent=True, code=f"no store to look {subscription} up in")


def forgotten_call(call: Call) -> None:
    """For where there is no store: the provider's report will find nothing."""


class Tools:
    """What channels share. The HTTP client has no limits and no timeouts of its own: the caller holds the deadline,
    and one hanging robot must not use up the connections of another."""

    def __init__(
        self,
        *,
        now_ms: Callable[[], int],
        write_inbox: Callable[[InboxRow], None] = no_inbox,
        endpoints: Mapping[str, str] = {},
        threads: SendThreads | None = None,
        blocking_s: float = 10.0,
        accounts: AccountsConfig | None = None,
        links: Mapping[str, LiveLink] = {},
        zone: ZoneInfo = SHANGHAI,
        remember_call: Callable[[Call], None] = forgotten_call,
        read_subscription: Callable[[str], dict[str, object] | None] = no_subscription,
        vapid_key: Callable[[], str] | None = None,
        vapid_subject: str = "mailto:admin@example.org",
        actions: Mapping[str, ActionConfig] = {},
        bus: Bus | None = None,
        modems: Modems | None = None,
    ) -> None:
        """``blocking_s``: how long a blocking sender may wait for its socket; the receipt's deadline. ``accounts``: at
        vendors where a contact names a member only; their secrets are filled in. ``links``: scheme -> connection that
        the hub keeps open; looked up at each send.

        ``remember_call``, ``read_subscription`` and ``vapid_key`` (a private key as PEM) may block: they are called in
        a thread. ``vapid_subject``: how a push service reaches whoever runs this hub.
        """
        self.now_ms = now_ms
        self.write_inbox = write_inbox
        self.endpoints = endpoints
        self.threads = threads or SendThreads()
        self.blocking_s = blocking_s
        self.accounts = accounts or AccountsConfig()
        self.links = links
        self._access: dict[str, AccessToken] = {}
        self.zone = zone
        self.remember_call = remember_call
        self.read_subscription = read_subscription
        self.vapid_key = vapid_key
        self.vapid_subject = vapid_subject
        self.actions = actions
        self.bus = bus
        self.modems = modems or Modems()
        # One writer for all inboxes: SQLite has one anyway, and rows keep the order in which they were sent.
        self.inbox_lane = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inbox")
        self._http: httpx.AsyncClient | None = None
        self._making = threading.Lock()

    def endpoint(self, scheme: str, usual: str) -> str:
        """Address of a provider: the vendor's, unless a proxy or a test stands in for it."""
        return self.endpoints.get(scheme, usual)

    def access(self, account: str, fetch: Callable[[], Awaitable[Granted]]) -> AccessToken:
        """The token of an account, one for all its contacts."""
        return self._access.setdefault(account, AccessToken(fetch, self.now_ms))

    @property
    def http(self) -> httpx.AsyncClient:
        """Made when first needed, or ahead of that in a thread: loading the certificates takes 80 ms."""
        with self._making:
            if self._http is None:
                limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
                self._http = httpx.AsyncClient(timeout=None, limits=limits, follow_redirects=False)
        return self._http

    def make_http(self) -> None:
        """Have the client ready before the first message."""
        _ = self.http

    async def close(self) -> None:
        self.inbox_lane.shutdown(wait=False)
        await self.modems.close()
        if self._http is not None:
            await self._http.aclose()


class Opened(msgspec.Struct, frozen=True):
    """A sender, and what the wording must know about its channel."""

    sender: Sender
    by_number: bool = False
    """The reader can answer with a number in the same place."""
    third_party: bool = False
    """Passes through somebody else's push service: carries no room."""


class Channel(msgspec.Struct, frozen=True):
    """One file in hub/delivery/channels/. ``open`` takes the URL with its secrets filled in and may raise ConfigError."""

    schemes: tuple[str, ...]
    open: Callable[[str, Tools], Opened]


def budget_key(scheme: str, *secret: str) -> str:
    """Key of a provider's budget. It stands in the store, so a robot's key must not be readable from it."""
    return f"{scheme}:{hashlib.sha256('|'.join(secret).encode()).hexdigest()[:16]}"
