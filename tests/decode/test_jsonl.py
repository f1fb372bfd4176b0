"""`hub decode --jsonl`."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from hub.decode.jsonl import run_decode

ROW = {
    "id": "r1",
    "topic": None,
    "payload": "IhEKChyd",
    "encoding": "base64",
    "f_port": None,
    "envelope": "raw_frmpayload",
    "meaning": {"kind": "never looked at"},
}


def _decoded(path: Path, capsys: pytest.CaptureFixture[str], *rows: object) -> tuple[int, list[dict[str, object]]]:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    code = run_decode(str(path))
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_row_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = _decoded(tmp_path / "rows.jsonl", capsys, ROW)
    assert code == 0
    assert told == [
        {
            "id": "r1",
            "envelope": "raw_frmpayload",
            "readings": [
                {
                    "device": "r1",
                    "kind": "smoke",
                    "event": "alarm",
                    "alarm": True,
                    "at": None,
                    "historical": False,
                    "facts": {"alarm": True, "battery_pct": 10, "concentration": 10, "temperature": 28},
                }
            ],
            "undecodable": None,
        }
    ]


def test_the_envelope_counts_only_without_a_topic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    up = json.dumps({"end_device_ids": {"dev_eui": "AB"}, "received_at": "2024-11-06T08:43:11.357Z"})
    row = {
        "id": "r2",
        "topic": "v3/{app}/devices/<id>/join",
        "payload": up,
        "encoding": "json",
        "envelope": "loriot_rx",
    }
    _, (told,) = _decoded(tmp_path / "rows.jsonl", capsys, row)
    assert told["envelope"] == "ttn"
    (reading,) = msgspec.convert(told["readings"], list[dict[str, object]])
    assert (reading["event"], reading["alarm"], reading["at"]) == ("join", None, "2024-11-06T08:43:11.357Z")


def test_what_cannot_be_read_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = _decoded(
        tmp_path / "rows.jsonl",
        capsys,
        "no row",
        {"id": "r3", "topic": "a/b", "payload": "}", "encoding": "text"},
        {"id": "r4", "topic": "a/b", "payload": 5},
        {**ROW, "payload": "IhEKChye"},
    )
    assert code == 1
    assert [row["readings"] for row in told[:2]] == [[], []]
    assert [row["undecodable"]["reason"] for row in told] == ["not_json", "wrong_type", "unknown_model"]  # type: ignore[index]


def test_a_missing_file_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_decode("no/such/file") == 1
    assert "Give a file of rows" in capsys.readouterr().err
