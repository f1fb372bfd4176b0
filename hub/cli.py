"""The command line: every command in one place, each imported only when it runs."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="社区告警中枢 · community alert hub",
)
bench_app = typer.Typer(no_args_is_help=True, help="Measure, against a floor in the same run.")
app.add_typer(bench_app, name="bench")
simulate_app = typer.Typer(no_args_is_help=True, help="Play a simulated world and score the hub.")
app.add_typer(simulate_app, name="simulate")

ConfigPath = Annotated[Path, typer.Option("--config", "-c", help="The engineer's file")]


@app.command()
def run(config: ConfigPath = Path("config.yaml")) -> None:
    """Run the hub."""
    # structlog and httpx would load them for pretty tracebacks and a command line of their own: 8 MB for years.
    for decoration in ("rich", "pygments"):
        sys.modules.setdefault(decoration, None)  # type: ignore[arg-type]
    from hub.life import run_hub

    raise typer.Exit(run_hub(config))


@app.command()
def demo(
    seconds: Annotated[float | None, typer.Option(help="Play the story once, stop after this long")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end")] = False,
    data: Annotated[Path, typer.Option(help="The demo's own directory")] = Path("demo-data"),
    port: Annotated[int, typer.Option(help="Port of the pages; 0 picks a free one")] = 8080,
    seed: Annotated[int, typer.Option(help="Same seed, same community")] = 1,
) -> None:
    """Run the hub on a simulated compound and play the story's kitchen fire."""
    from hub.demo import run_demo

    raise typer.Exit(run_demo(data, port=port, seconds=seconds, as_json=json, seed=seed))


@app.command()
def check(config: ConfigPath = Path("config.yaml")) -> None:
    """List every mistake of a config at once: file, line, what, and what to do."""
    from hub.check import run_check

    raise typer.Exit(run_check(config))


@app.command()
def doctor(config: ConfigPath = Path("config.yaml")) -> None:
    """Say what is running and what it would lose."""
    from hub.doctor import run_doctor

    raise typer.Exit(run_doctor(config))


@app.command()
def decode(
    jsonl: Annotated[str, typer.Option("--jsonl", help="File of rows, or - for standard input")],
) -> None:
    """Decode rows of real messages and print what the hub understands."""
    from hub.decode.jsonl import run_decode

    raise typer.Exit(run_decode(jsonl))


@app.command()
def connect(
    platform: Annotated[str, typer.Argument(help="zigbee2mqtt, chirpstack, vzenith or ctwing")],
    config: ConfigPath = Path("config.yaml"),
    wait: Annotated[float, typer.Option(help="Seconds to wait for the first message")] = 300,
) -> None:
    """Print what to type into that platform, wait, and show the first decoded message."""
    from hub.connect import run_connect

    raise typer.Exit(run_connect(platform, config, wait))


@app.command()
def tell(person: str, config: ConfigPath = Path("config.yaml"), contact: str = "") -> None:
    """Send 【测试】 over a person's contact and print the provider's answer."""
    from hub.tell import run_tell

    raise typer.Exit(run_tell(person, config, contact))


@app.command()
def drill(
    place: Annotated[str, typer.Argument(help="Id of the home or building; none: the history of drills")] = "",
    config: ConfigPath = Path("config.yaml"),
    rule: Annotated[str, typer.Option(help="Which rule's alarm is played")] = "smoke",
    acts: Annotated[bool, typer.Option("--acts", help="Sirens and barriers too")] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for its end")] = 600,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object")] = False,
) -> None:
    """Play a marked alarm through the running hub and score the answers."""
    from hub.drill import run_drill

    raise typer.Exit(run_drill(config, place, rule, acts=acts, wait_s=wait, as_json=json))


@app.command()
def prove(
    config: ConfigPath = Path("config.yaml"),
    days: Annotated[int, typer.Option(min=1, max=400, help="How far ahead")] = 30,
    json: Annotated[bool, typer.Option("--json", help="Print each proof as one JSON object")] = False,
) -> None:
    """Prove that every life-safety alert reaches two people over two providers, or say when it would not."""
    from hub.prove import run_prove

    raise typer.Exit(run_prove(config, days, as_json=json))


@bench_app.command("ingest")
def bench_ingest(
    json: Annotated[bool, typer.Option("--json")] = False,
    readings: Annotated[int, typer.Option(help="How many messages")] = 300_000,
    devices: Annotated[int, typer.Option(help="From how many devices")] = 5_000,
) -> None:
    """Sustained QoS 1 readings, rules on, durable before ack."""
    from hub.bench import bench_ingest as run_bench

    raise typer.Exit(run_bench(readings=readings, devices=devices, as_json=json))


@bench_app.command("latency")
def bench_latency(
    json: Annotated[bool, typer.Option("--json")] = False,
    seconds: Annotated[float, typer.Option(help="How long")] = 20,
    rate: Annotated[int, typer.Option(help="Readings a second in the background")] = 5_000,
) -> None:
    """Published to handed to the provider."""
    from hub.bench import bench_latency as run_bench

    raise typer.Exit(run_bench(seconds=seconds, rate=rate, as_json=json))


@bench_app.command("storm")
def bench_storm(
    json: Annotated[bool, typer.Option("--json")] = False,
    alarms: Annotated[int, typer.Option(help="How many at one moment")] = 1_000,
    people: Annotated[int, typer.Option(help="How many are on duty")] = 50,
    contacts: Annotated[int, typer.Option(help="How many group robots they share")] = 20,
) -> None:
    """Many alarms at once: when everybody on duty has a message for each."""
    from hub.bench import bench_storm as run_bench

    raise typer.Exit(run_bench(alarms=alarms, people=people, contacts=contacts, as_json=json))


@bench_app.command("backlog")
def bench_backlog(
    json: Annotated[bool, typer.Option("--json")] = False,
    seconds: Annotated[float, typer.Option(help="How long the backlog grows")] = 60,
    backlog: Annotated[int, typer.Option(help="Where its growth begins")] = 60_000,
) -> None:
    """Published to handed to the provider while a channel hangs and the broker's queue grows."""
    from hub.bench import bench_backlog as run_bench

    raise typer.Exit(run_bench(seconds=seconds, backlog=backlog, as_json=json))


@bench_app.command("parking")
def bench_parking(
    json: Annotated[bool, typer.Option("--json")] = False,
    passages: Annotated[int, typer.Option(help="Cars through the gates")] = 200_000,
    changes: Annotated[int, typer.Option(help="Changes of spaces")] = 1_000_000,
) -> None:
    """Replay passages and changes of spaces through the core."""
    from hub.bench.parking import bench_parking as run_bench

    raise typer.Exit(run_bench(passages=passages, changes=changes, as_json=json))


@simulate_app.command("parking")
def simulate_parking(
    days: Annotated[int, typer.Option(min=1, max=366, help="How long")] = 30,
    seed: Annotated[int, typer.Option(help="Same seed, same month")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object")] = False,
    crashes: Annotated[int, typer.Option(min=0, help="Play it again, crash so often, and compare")] = 0,
    no_signature: Annotated[
        bool, typer.Option("--no-signature", help="Sensors say that something is there, and not how strong it is")
    ] = False,
) -> None:
    """A month of gates and spaces with bikes, faults and dead sensors: how near the hub came to the truth."""
    from hub.simulate.parking.command import run_simulate_parking

    raise typer.Exit(run_simulate_parking(days, seed, as_json=json, crashes=crashes, signature=not no_signature))


def main() -> None:
    """Entry point of ``hub``."""
    # What is made here lives for ever or a moment, hardly ever in cycles: looking for those takes a tenth of the CPU.
    gc.set_threshold(50_000, 20, 50)
    app()
