"""The Grafana wall: classic JSON, titles a guard can read, and every query answered by a real server."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.core.decisions import AlertRaised, AnyDecision, Reason
from hub.influx import Follower, Gate, Gauges, JournalLines, LaneReads, ZoneParking
from hub.influx.lines import PERSONAL
from hub.model import Severity
from tests.influx.journal import NOW_MS, ListedJournal, plate, smoke, where
from tests.influx.servers import InfluxOne

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
FILES = sorted(DASHBOARDS.glob("*.json"))
UID = "hub-influxdb"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLATE = "沪A12345"
QUOTED = re.compile(r'"([^"]+)"')


def panels() -> list[Any]:
    return [
        pytest.param(panel, id=f"{file.stem}-{panel['id']}")
        for file in FILES
        for panel in json.loads(file.read_text("utf-8"))["panels"]
    ]


def targets() -> list[Any]:
    return [
        pytest.param(target["query"], id=f"{param.id}-{target['refId']}")
        for param in panels()
        for target in param.values[0]["targets"]
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dashboard_is_classic_json(file: Path) -> None:
    dashboard = json.loads(file.read_text("utf-8"))
    assert {"panels", "templating", "time", "schemaVersion", "uid"} <= dashboard.keys()
    assert not {"apiVersion", "spec", "elements"} & dashboard.keys()
    assert CHINESE.search(dashboard["title"])
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("panel", panels())
def test_a_panel_explains_itself(panel: dict[str, Any]) -> None:
    assert CHINESE.search(panel["title"])
    assert re.search(r"[a-z]{3}", panel["description"])
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["noValue"] == "数据中断"
    assert panel["datasource"] == {"type": "influxdb", "uid": UID}
    for target in panel["targets"]:
        assert target["rawQuery"]
        assert "$timeFilter" in target["query"]
        assert target["datasource"]["uid"] == UID


def test_what_is_now_never_shows_what_was() -> None:
    """A number that is shown as of now looks back two minutes at most, whatever range the wall has."""
    for param in panels():
        panel = param.values[0]
        if panel["type"] in ("stat", "bargauge"):
            assert panel["timeFrom"] == "2m", panel["title"]


def zone(name: str, *, left: int, ins: int) -> ZoneParking:
    return ZoneParking(
        zone=name, total=120, left=left, bound=2, present=100, unknown=3, ins=ins, outs=ins - 100, squats=1
    )


def raised(seq: int, rule: str, severity: Severity, subject: str, place: str) -> AnyDecision:
    return AlertRaised(
        seq=seq, at_ms=NOW_MS, reason=Reason.CONDITION_MET, alert=seq, rule=rule,
        severity=severity, subject=subject, place=place,
    )  # fmt: skip


@pytest.fixture(scope="module")
def filled(influx_one: InfluxOne) -> InfluxOne:
    """A server that the follower has written to."""
    journal = ListedJournal()
    journal.add(
        smoke(alarm=True),
        plate(direction="in", plate=PLATE, known_name="李四的车", label=PLATE, plate_color="blue"),
        decisions=[raised(n, "smoke", severity, "烟感 1", "b6-1203") for n, severity in enumerate(Severity, 10)],
    )
    journal.add(plate(plate=PLATE), decisions=[raised(20, "denied_car", Severity.MAJOR, "cam,1", "east")])
    gauges = Gauges(
        community="main",
        open_alerts={},
        unanswered={},
        oldest_unanswered_ms=None,
        detectors_total=60,
        detectors_online=60,
        spaces_total=120,
        spaces_left=17,
        unprotected={"6号楼": 0, "7号楼": 1},
        gates=(Gate(name="东门", online=True, open=False, fault=False), Gate(name="西门", online=True, open=True)),
        zones=(zone("all", left=17, ins=900), zone("东区", left=5, ins=500)),
        lanes=(LaneReads(gate="东门", lane="east-in", reads=98, unread=2, wrong=1),),
    )
    now_ms = [NOW_MS - 15_000]
    task = Follower(
        JournalLines(journal, "main", where), influx_one.post("wall"), clock=lambda: now_ms[0], gauges=lambda: gauges
    )
    while task.follow_once().more:
        pass
    task.write_gauges()
    now_ms[0] = NOW_MS
    task.write_gauges()
    return influx_one


def as_grafana_sends_it(query: str) -> str:
    return (
        query.replace("$timeFilter", f"time >= {NOW_MS - 60_000}ms and time <= {NOW_MS + 60_000}ms")
        .replace("$__interval", "10s")
        .replace("$community", "main")
    )


@pytest.mark.parametrize("query", targets())
def test_a_query_gives_rows(query: str, filled: InfluxOne) -> None:
    sent = as_grafana_sends_it(query)
    assert "$" not in sent.replace("$/", "")
    assert filled.query("wall", sent) != []


def keys_of(server: InfluxOne, what: str) -> dict[str, set[str]]:
    """Measurement -> its keys; ``what`` is FIELD or TAG."""
    rows = {name: server.query("wall", f'SHOW {what} KEYS FROM "{name}"') for name in measurements(server)}
    return {name: {str(row[f"{what.lower()}Key"]) for row in found} for name, found in rows.items()}


def measurements(server: InfluxOne) -> list[str]:
    return [str(row["name"]) for row in server.query("wall", "SHOW MEASUREMENTS")]


@pytest.mark.parametrize("query", targets())
def test_a_query_names_only_what_the_follower_writes(query: str, filled: InfluxOne) -> None:
    """A name that nobody writes is null in an expression, and the rest of the row still answers."""
    asked = set(re.findall(r'FROM "([^"]+)"', query))
    made = set(re.findall(r'AS "([^"]+)"', query))
    fields, tags = keys_of(filled, "FIELD"), keys_of(filled, "TAG")
    assert asked
    assert asked <= fields.keys()
    known = set[str]().union(*(fields[name] | tags[name] for name in asked))
    assert set(QUOTED.findall(query)) - asked - made <= known
    grouped = query.partition("GROUP BY")[2]
    assert set(QUOTED.findall(grouped)) <= set[str]().union(*(tags[name] for name in asked))


def test_no_plate_is_a_tag_or_a_field(filled: InfluxOne) -> None:
    """Neither by name nor by what stands in it, whatever a camera reads and a rule says of it."""
    names = set[str]().union(*keys_of(filled, "FIELD").values(), *keys_of(filled, "TAG").values())
    assert "plate_color" in names
    assert not names & PERSONAL
    for name in measurements(filled):
        for row in filled.query("wall", f'SELECT * FROM "{name}"'):
            assert not [word for word in (PLATE, "李四") if word in str(row)], name


def test_the_variable_lists_the_communities(filled: InfluxOne) -> None:
    (variable,) = json.loads((DASHBOARDS / "wall.json").read_text("utf-8"))["templating"]["list"]
    assert [row["value"] for row in filled.query("wall", variable["query"])] == ["main"]


def test_the_age_of_the_data_is_that_of_its_newest_point(filled: InfluxOne) -> None:
    """The panel shows the time column, so the server must give the point's own time."""
    (panel,) = (p.values[0] for p in panels() if p.values[0]["fieldConfig"]["defaults"]["unit"] == "dateTimeFromNow")
    (row,) = filled.query("wall", as_grafana_sends_it(panel["targets"][0]["query"]))
    assert row["time"] == NOW_MS * 1_000_000


def test_by_building_and_by_gate_are_told_apart(filled: InfluxOne) -> None:
    by_tag: dict[str, set[str]] = {"building": set(), "gate": set()}
    for param in targets():
        for tag, names in by_tag.items():
            if f'GROUP BY "{tag}"' in param.values[0]:
                names |= {row[tag] for row in filled.query("wall", as_grafana_sends_it(param.values[0]))}
    assert by_tag == {"building": {"6号楼", "7号楼"}, "gate": {"东门", "西门"}}


def test_spaces_left_are_told_apart_by_zone(filled: InfluxOne) -> None:
    rows = filled.query("wall", 'SELECT last("left"), "bound" FROM "parking" GROUP BY "zone"')
    assert {row["zone"]: (row["last"], row["bound"]) for row in rows} == {"all": (17, 2), "东区": (5, 2)}


def test_grafana_is_provisioned_with_the_datasource_that_the_panels_name() -> None:
    (source,) = yaml.safe_load((DASHBOARDS / "provisioning/datasources/influxdb.yaml").read_text("utf-8"))[
        "datasources"
    ]
    assert source["uid"] == UID
    assert source["type"] == "influxdb"
    assert "version" not in source["jsonData"], "InfluxQL is the default; InfluxDB 1, 2 and 3 share it"
    (provider,) = yaml.safe_load((DASHBOARDS / "provisioning/dashboards/hub.yaml").read_text("utf-8"))["providers"]
    assert provider["type"] == "file"
