"""What the server refused for now is tried again; what it refuses for ever costs one line."""

from __future__ import annotations

import json

import pytest

from hub.influx.post import InfluxPost, Later
from tests.influx.servers import Scripted, free_port

GOOD = [f"reading,device=d{n} alarm=0i {n}" for n in range(1, 9)]


@pytest.mark.parametrize(
    ("status", "headers", "retry_after"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (429, {}, None),
        (503, {"Retry-After": "3"}, 3.0),
        (500, {}, None),
        (502, {"Retry-After": "soon"}, None),
        (401, {}, 30.0),
        (404, {}, 30.0),
    ],
)
def test_what_may_succeed_is_for_later(
    scripted: Scripted, status: int, headers: dict[str, str], retry_after: float | None
) -> None:
    scripted.answers = [(status, headers, '{"message":"no"}')]
    with pytest.raises(Later) as raised:
        scripted.post().post(GOOD)
    assert raised.value.retry_after == retry_after
    assert len(scripted.bodies) == 1


@pytest.mark.parametrize(("host", "packed"), [("127.0.0.1", False), ("127.0.0.2", True)])
def test_lines_are_packed_where_they_leave_the_machine(host: str, packed: bool) -> None:
    """127.0.0.2 stands for another machine: only the usual names of this one are known."""
    server = Scripted(host)
    try:
        assert server.post().post(GOOD) == []
        assert (server.packed, server.bodies) == ([packed], [GOOD])
    finally:
        server.stop()


def test_nobody_there_is_for_later() -> None:
    post = InfluxPost(f"http://127.0.0.1:{free_port()}", org="o", bucket="b", token="t")
    with pytest.raises(Later):
        post.post(GOOD)


def test_a_hang_is_for_later(scripted: Scripted) -> None:
    scripted.answers = [None]
    with pytest.raises(Later):
        scripted.post(timeout_s=0.2).post(GOOD)


def test_nothing_to_post_asks_nobody(scripted: Scripted) -> None:
    assert scripted.post().post([]) == []
    assert scripted.bodies == []


def test_a_server_that_refuses_everything_costs_no_line(scripted: Scripted) -> None:
    scripted.always = (400, {}, "The plain HTTP request was sent to HTTPS port")
    with pytest.raises(Later, match="refuses every line"):
        scripted.post().post(GOOD)
    assert len(scripted.bodies) == 2


def test_lines_that_influxdb_3_numbers_are_passed_over(scripted: Scripted) -> None:
    answer = {
        "error": "partial write of line protocol occurred",
        "data": [{"line_number": 3, "error_message": "invalid column type"}, {"line_number": 5, "error_message": "x"}],
    }
    scripted.answers = [(400, {}, json.dumps(answer)), (204, {}, "")]
    bad = scripted.post().post(GOOD)
    assert [b.line for b in bad] == [GOOD[2], GOOD[4]]
    assert scripted.bodies[-1] == [*GOOD[:2], GOOD[3], *GOOD[5:]]


def test_a_line_that_influxdb_2_quotes_is_passed_over(scripted: Scripted) -> None:
    answer = {"code": "invalid", "message": f"unable to parse '{GOOD[6]}': missing fields"}
    scripted.answers = [(400, {}, json.dumps(answer)), (204, {}, "")]
    (bad,) = scripted.post().post(GOOD)
    assert bad.line == GOOD[6]
    assert scripted.bodies[-1] == GOOD[:6] + GOOD[7:]


def test_too_large_a_request_is_halved(scripted: Scripted) -> None:
    scripted.answers = [(413, {}, ""), (204, {}, "")]
    assert scripted.post().post(GOOD) == []
    assert scripted.bodies[2:] == [GOOD[:4], GOOD[4:]]


def test_an_outage_while_lines_are_sorted_out_is_for_later(scripted: Scripted) -> None:
    scripted.answers = [(422, {}, "partial write"), (204, {}, ""), (422, {}, "partial write"), (503, {}, "")]
    with pytest.raises(Later):
        scripted.post().post(GOOD)
