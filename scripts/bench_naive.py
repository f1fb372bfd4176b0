#!/usr/bin/env python3
"""What a Python developer would write in an afternoon, measured like the hub: ``scripts/bench_naive.py ingest|latency``.

aiomqtt, json, one INSERT and one commit each, a plain POST to the robot when there is smoke. Same broker settings, same load,
same keys as ``hub bench``: the neighbour of the hub's figures. It acknowledges on receipt, as aiomqtt does, so a crash loses
what it had not yet written; the figures do not show that.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sqlite3
import sys
from pathlib import Path

import aiomqtt
import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hub.bench.compound import robot_key
from hub.bench.run import bench_ingest, bench_latency
from hub.bench.subject import Subject, Surroundings, count


def fire_number(topic: str) -> int:
    """The bench's alarms come from 火警00007/1层/101-烟感."""
    return int(topic.split("/")[1].removeprefix("火警"))


def understand(topic: str, body: dict) -> tuple[str, str, dict]:
    """(device, kind, facts): the three formats, as one would look them up in their documents."""
    if topic.startswith("zigbee2mqtt/"):
        return topic.removeprefix("zigbee2mqtt/"), "smoke", {"alarm": body["smoke"], "battery": body["battery"]}
    if topic.startswith("application/"):
        data = base64.b64decode(body["data"])
        return body["deviceInfo"]["devEui"], "parking", {"occupied": bool(data[0])}
    plate = base64.b64decode(body["payload"]["AlarmInfoPlate"]["result"]["PlateResult"]["license"]).decode()
    return body["sn"], "lpr", {"plate": plate}


async def consume(port: int, database: str, robot: str) -> None:
    """The afternoon's work."""
    db = sqlite3.connect(database)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=full")
    db.execute("create table reading (id integer primary key, device text, kind text, facts text)")
    db.commit()
    async with aiomqtt.Client("127.0.0.1", port, identifier="naive", clean_session=True) as client:
        await client.subscribe("#", qos=1)
        print("ready", flush=True)  # noqa: T201 (what the bench waits for)
        async for message in client.messages:
            topic = str(message.topic)
            device, kind, facts = understand(topic, json.loads(message.payload))
            db.execute("insert into reading (device, kind, facts) values (?, ?, ?)", (device, kind, json.dumps(facts)))
            db.commit()
            if facts.get("alarm"):
                text = {"msgtype": "text", "text": {"content": f"{device} 烟感报警"}}
                httpx.post(f"{robot}?key={robot_key(fire_number(topic))}", json=text)  # noqa: ASYNC210 (that is the point)


def naive(around: Surroundings) -> Subject:
    """The afternoon's work as a subject of the bench."""
    database = around.directory / "naive.db"
    argv = [sys.executable, __file__, "consume", str(around.broker_port), str(database), around.robot_url]
    return Subject(name="naive", argv=argv, kept=lambda: count(database, "select count(*) from reading") or 0)


def main() -> int:
    if sys.argv[1:2] == ["consume"]:
        asyncio.run(consume(int(sys.argv[2]), sys.argv[3], sys.argv[4]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("ingest", "latency"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--readings", type=int, default=20_000)
    parser.add_argument("--devices", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate", type=int, default=5_000)
    args = parser.parse_args()
    if args.what == "ingest":
        return bench_ingest(args.readings, args.devices, args.json, naive)
    return bench_latency(args.seconds, args.rate, args.json, naive)


if __name__ == "__main__":
    raise SystemExit(main())
