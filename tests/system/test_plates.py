"""A car without a permit passes a real hub: its plate is in none of all that leaves it."""

from __future__ import annotations

import base64
import gzip
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

import httpx
import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from hub.core.commands import PutDevice, PutDuty, PutPermit, PutPerson
from hub.model import Contact, Device, Duty, Kind, Permit, Person
from hub.simulate.guihuayuan import seed_lines
from hub.simulate.vendors import encode
from hub.store import schema
from tests.system.children import until
from tests.system.conftest import Install
from tests.system.devices import Publisher
from tests.system.installation import seed

PLATE, KNOWN = "沪A1B2C3", "沪AD67890"
CAMERA = "a1b2c3d4-e5f60718"
FORMS = (
    PLATE,
    PLATE[1:],
    base64.b64encode(PLATE.encode()).decode(),
    json.dumps(PLATE)[1:-1],
    base64.b64encode(PLATE.encode("gb18030")).decode(),
)
"""The plate as people, cameras and JSON write it."""


class Catcher(http.server.ThreadingHTTPServer):
    """Takes whatever is posted, as InfluxDB or somebody's webhook would."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.caught: list[tuple[str, str]] = []
        """(path, body)."""


class _Take(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        assert isinstance(self.server, Catcher)
        self.server.caught.append((self.path, body.decode("utf-8", "replace")))
        self.send_response(204 if "write" in self.path else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    server = Catcher()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def listening(port: int) -> Iterator[list[tuple[str, str]]]:
    """Everything that anybody publishes, retained or not."""
    heard: list[tuple[str, str]] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="listener")
    client.on_message = lambda _c, _d, m: heard.append((m.topic, m.payload.decode("utf-8", "replace")))
    up = threading.Event()
    client.on_subscribe = lambda *_: up.set()
    client.connect("127.0.0.1", port)
    client.subscribe("#")
    client.loop_start()
    assert up.wait(20)
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def seen(plate: str) -> tuple[str, bytes]:
    written = base64.b64encode(plate.encode()).decode()
    result = {"license": written, "confidence": 97, "direction": 4, "colorType": 1, "plateid": 1}
    info = {"AlarmInfoPlate": {"result": {"PlateResult": result}, "serialno": CAMERA}}
    return f"device/{CAMERA}/message/up/ivs_result", encode({"id": "m1", "sn": CAMERA, "payload": info})


def test_no_plate_leaves_the_hub(install: Install, devices: Publisher, catcher: Catcher) -> None:
    installation = install()
    address = f"webhook://127.0.0.1:{catcher.server_port}"
    guard = Person(id="guard-a", name="g", contacts=(Contact(id="c", url="inbox://guard-a"),))
    hook = Person(id="guard-b", name="h", contacts=(Contact(id="c", url=f"{address}/person"),))
    group = Person(id="guard-c", name="i", contacts=(Contact(id="c", url=f"{address}/group", group=True),))
    commands = [
        *seed(),
        *(PutPerson(actor="system", person=one) for one in (guard, hook, group)),
        *(
            PutDuty(actor="system", duty=Duty(id=f"d-{one.id}", role="guard", person=one.id))
            for one in (guard, hook, group)
        ),
        PutDevice(actor="system", device=Device(id=CAMERA, kind=Kind.LPR, place="here", source="vzenith")),
        PutPermit(actor="system", permit=Permit(plate=KNOWN, place="b6-1203")),
    ]
    (installation.directory / "seed.jsonl").write_bytes(seed_lines(commands))
    installation.configure(
        influx={"url": f"http://127.0.0.1:{catcher.server_port}", "org": "o", "bucket": "b", "token": "t"},
        watch={"home_assistant": "true", "announce": "true"},
        policies={"gate_desk": {"steps": [{"after": "0s", "roles": ["guard"]}]}},
    )
    with listening(installation.broker_port) as heard:
        hub = installation.start()
        devices.publish(*seen(PLATE))
        installation.wait_alert(CAMERA, rule="unknown_car")
        installation.wait_inbox("guard-a")
        until(lambda: {path for path, _ in catcher.caught} >= {"/person", "/group"}, "both webhooks were called")
        until(lambda: any(CAMERA in body for path, body in catcher.caught if "write" in path), "InfluxDB has its line")
        until(lambda: any("incident" in topic for topic, _ in heard), "the incident was announced")
        web = f"http://127.0.0.1:{installation.web_port}"
        metrics = httpx.get(f"{web}/metrics", timeout=20).text
        healthz = httpx.get(f"{web}/healthz", timeout=20).text
        row = installation.device(CAMERA)
        page = httpx.get(web + installation.link("guard-a"), timeout=20).text
        assert hub.stop() == 0
    own = [(topic, body) for topic, body in heard if topic != seen(PLATE)[0]]
    assert own
    left = [*catcher.caught, *own, ("metrics", metrics), ("healthz", healthz), ("log", hub.words), ("page", page)]
    left += [("inbox", one.text) for one in installation.inbox()]
    left += [("device", f"{row.facts} {row.body}")]
    left += [("outbox", one.body) for one in installation.rows(select(schema.outbox.c.body))]
    for where, text in left:
        for form in FORMS:
            assert form not in text, where
            assert form not in unquote(text), where
            assert form not in where
    # The hub itself does know it, where it must: in its journal and in the alert.
    (alert,) = installation.alerts(rule="unknown_car")
    assert alert.facts["plate"] == PLATE
    assert PLATE in msgspec.json.encode(alert).decode()


def test_a_running_hub_replaces_old_plates_in_its_journal(install: Install, devices: Publisher) -> None:
    installation = install()
    installation.configure(parking={"keep_plates": "1s"})
    hub = installation.start()
    devices.publish(*seen(PLATE))
    until(lambda: any(one.raw.topic == seen(PLATE)[0] for one in installation.journaled()), "the passage is kept")
    for _ in range(2):  # each clean stop keeps a snapshot; a block goes only behind both
        assert hub.stop() == 0
        hub = installation.start()

    def passage() -> tuple[str, bytes]:
        (one,) = [one for one in installation.journaled() if one.raw.topic == seen(PLATE)[0]]
        return str(one.readings[0].facts["plate"]), one.raw.payload

    until(lambda: passage()[0].startswith("#"), "the plate is a hash")
    assert passage()[1] == b""
    assert hub.stop() == 0
