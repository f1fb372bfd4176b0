"""A provider's id of a call -> what it was for: found after a restart, gone after a week."""

from __future__ import annotations

import msgspec

from hub.store.calls import KEPT_MS, Call
from hub.store.sql import SqlStore
from tests.store.backend import Backend
from tests.store.examples import COMMUNITY, NOW

CALL = Call(
    provider="aliyun",
    call_id="116012354148^102281067656",
    community=COMMUNITY,
    incident=7,
    notification=3,
    attempt=2,
    person="wang",
    contact="phone",
    at_ms=NOW,
)


def test_a_call_is_found_by_the_providers_id_after_a_restart(backend: Backend) -> None:
    store = backend.open()
    store.remember_call(CALL)
    store.close()
    again = backend.open()
    assert again.find_call("aliyun", CALL.call_id) == CALL
    assert again.find_call("tencentcloud", CALL.call_id) is None
    assert again.find_call("aliyun", "another") is None


def test_the_same_id_again_replaces_what_it_was_for(store: SqlStore) -> None:
    later = msgspec.structs.replace(CALL, attempt=3)
    store.remember_call(CALL)
    store.remember_call(later)
    assert store.find_call("aliyun", CALL.call_id) == later


def test_after_a_week_it_is_forgotten(store: SqlStore) -> None:
    store.remember_call(CALL)
    store.remember_call(msgspec.structs.replace(CALL, call_id="next", at_ms=NOW + KEPT_MS))
    assert store.find_call("aliyun", CALL.call_id) == CALL
    store.remember_call(msgspec.structs.replace(CALL, call_id="last", at_ms=NOW + KEPT_MS + 1))
    assert store.find_call("aliyun", CALL.call_id) is None
