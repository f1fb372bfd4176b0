"""`hub prove` on the shipped config and on a store, and the prover inside a hub that proves anew at each change."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import msgspec
import pytest

from hub.config_file import load_config
from hub.core.commands import AnyCommand, Observe, PutDuty, PutPerson
from hub.core.context import Core
from hub.core.inputs import Commanded, Input
from hub.core.policies import Settings
from hub.core.reach import Proof, prove
from hub.core.rules import REACH_GAP
from hub.core.state import Changes, State
from hub.core.step import step
from hub.doctor import run_doctor
from hub.errors import StoreError
from hub.model import ContactHealth, Duty
from hub.prove import names_of, registry_from, run_prove
from hub.proving import Prover, last_proof
from hub.reach_words import gap_words
from hub.settings import settings_of
from hub.simulate.guihuayuan import example_registry
from hub.store.port import Commit
from tests.core.reach_size import compound
from tests.core.timeline import START
from tests.edge.installation import SHIPPED, Installation, commanded, homes, person

WECOM, VOICE = "wecomapp://{}", "alivoice://KEY:SECRET@/{}?template=TTS_1"


def shipped() -> Settings:
    return settings_of(load_config(SHIPPED), "main", START)


def without(person: str) -> list[AnyCommand]:
    return [
        one
        for one in example_registry()
        if not (isinstance(one, PutPerson) and one.person.id == person)
        and not (isinstance(one, PutDuty) and one.duty.person == person)
    ]


# ── the shipped config ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fresh_clone_is_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = Path(shutil.copy(SHIPPED, tmp_path))
    assert run_prove(config, 30, as_json=False) == 0
    out = capsys.readouterr().out
    assert "nobody is registered yet: the shipped example compound, Guihuayuan" in out
    assert "✓ Proved: 5 life-safety rules x 2 places x every minute of 30 days (9 people)" in out
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_with_one_person_removed_the_night_has_a_counter_example() -> None:
    proof = prove(registry_from(without("volunteer-a"), shipped()), shipped(), START)
    (gap,) = proof.gaps
    assert (gap.people, gap.providers, gap.places) == (("guard", "property-b"), ("wecom",), ("b6", "b7"))
    assert (gap.times, gap.daily) == (30, True)
    words = gap_words(gap, names_of(load_config(SHIPPED), registry_from(without("volunteer-a"), shipped()), proof))
    assert words.zh.startswith("每天 22:30-06:29,共30次,6号楼、7号楼:只有门岗保安、物业值班乙,只有企业微信(")
    assert words.en.startswith("every day 22:30-06:29, 30 times, 6号楼, 7号楼: only 门岗保安, 物业值班乙, only WeCom (")
    assert "志愿者乙不在可通知时段" in words.zh


@pytest.mark.parametrize("missing", ["property-a", "guard", "committee-a", "volunteer-b"])
def test_others_may_be_missed(missing: str) -> None:
    assert prove(registry_from(without(missing), shipped()), shipped(), START).proved


def test_a_hundred_buildings_and_two_hundred_people() -> None:
    assert prove(compound(shipped().restdays), shipped(), START).proved
    (gap,) = prove(compound(shipped().restdays, missing="night"), shipped(), START).gaps
    assert (len(gap.places), gap.times, gap.providers) == (100, 30, ("wecom",))


# ── an installation of its own ───────────────────────────────────────────────────────────────────────────────────────


def test_a_registry_is_proved_without_leaving_a_trace(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    installation.keep([*homes(), *person("li", WECOM.format("li")), *person("wang", VOICE.format("139"), hours=(6, 2))])
    installation.close()
    assert run_prove(installation.config, 2, as_json=False) == 1
    out = capsys.readouterr().out
    assert "(the registry)" in out
    assert "02:00-05:59" in out
    assert "6号楼: only li, only WeCom" in out


def test_json_is_the_proof(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    installation.keep([*homes(), *person("li", WECOM.format("li"))])
    assert run_prove(installation.config, 1, as_json=True) == 1
    said = msgspec.json.decode(capsys.readouterr().out, type=dict[str, object])
    assert said.pop("community") == "main"
    proof = msgspec.convert(said, type=Proof)
    assert (proof.days, proof.proved, proof.gaps[0].people) == (1, False, ("li",))


def test_a_seed_is_proved_before_the_first_start(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [msgspec.json.encode(command) for command in without("volunteer-a")]
    (installation.config.parent / "registry.yaml").write_bytes(b"\n".join(lines))
    installation.change("#seed: registry.yaml", "seed: registry.yaml")
    assert run_prove(installation.config, 30, as_json=False) == 1
    assert "registry.yaml" in capsys.readouterr().out


def test_a_config_with_mistakes_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").write_text("communities: 3\n", encoding="utf-8")
    assert run_prove(tmp_path / "config.yaml", 30, as_json=False) == 1
    assert "communities" in capsys.readouterr().out


# ── inside the hub ───────────────────────────────────────────────────────────────────────────────────────────────────


class Running:
    """A prover beside a core, with a real store."""

    def __init__(self, installation: Installation) -> None:
        self.store = installation.open()
        self.core = Core(State(community="main"), shipped())
        self.observed: list[Observe] = []
        self.seen = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.prover = Prover(
            shipped,
            look=lambda: self.core.state,
            writer=self.store.writer,
            observe=self.observe,
            now_ms=lambda: START,
            quiet_s=0.01,
        )

    def observe(self, found: Observe) -> None:
        self.observed.append(found)
        self.loop.call_soon_threadsafe(self.seen.set)

    def do(self, *inputs: Input) -> None:
        """Step them, and hand the commit to the prover as the hub does."""
        for one in inputs:
            step(self.core, one)
        decisions, changes = self.core.take()
        self.committed(changes, decisions=decisions)

    def committed(self, changes: Changes, **more: object) -> None:
        commit = Commit(
            community="main", owner="x", epoch=1, first_seq=1, last_seq=1, now_ms=START, inputs=[], seqs=[],
            decisions=[], changes=changes,
        )  # fmt: skip
        self.prover.committed(msgspec.structs.replace(commit, **more))

    async def said(self) -> Observe:
        """The next thing that the prover says."""
        async with asyncio.timeout(20):
            await self.seen.wait()
        self.seen.clear()
        return self.observed[-1]


def everybody() -> list[Input]:
    return [*homes(), *person("li", WECOM.format("li")), *person("wang", VOICE.format("139"))]


def test_a_gap_is_said_when_it_opens_and_when_it_closes(installation: Installation) -> None:
    async def story() -> None:
        running = Running(installation)
        running.do(*everybody())
        task = asyncio.create_task(running.prover.run())
        first = await running.said()
        assert (first.rule, first.subject, first.met) == (REACH_GAP, "self:reach", False)

        running.do(*commanded(PutDuty(actor="x", duty=Duty(id="x", role="owners", person="li"))))
        broken = ContactHealth(person="wang", contact="wang-0", failures=3)
        running.core.state.health["wang/wang-0"] = broken
        running.committed(Changes(health={"wang/wang-0": broken}))
        gap = await running.said()
        assert gap.met
        assert "只有1人,只有企业微信" in gap.detail
        assert "wang" not in gap.detail

        mended = ContactHealth(person="wang", contact="wang-0", sent_ms=START)
        running.core.state.health["wang/wang-0"] = mended
        running.committed(Changes(health={"wang/wang-0": mended}))
        assert not (await running.said()).met
        task.cancel()
        with running.store.reader() as connection:
            kept = last_proof(connection, "main")
        assert kept is not None

    asyncio.run(story())


def test_what_was_said_before_a_restart_is_not_said_again(
    installation: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story() -> None:
        first = Running(installation)
        first.do(*homes(), *person("li", WECOM.format("li")))
        proof = await first.prover.prove_now()
        assert not proof.proved
        assert [one.met for one in first.observed] == [True]
        again = Running(installation)
        again.core = first.core
        await again.prover.prove_now()
        assert again.observed == []
        again.do(*person("wang", VOICE.format("139")))
        assert (await again.prover.prove_now()).proved
        assert [one.met for one in again.observed] == [False]

    asyncio.run(story())
    installation.keep(everybody())
    run_doctor(installation.config)
    assert "the running hub proved it" in capsys.readouterr().out


def test_nothing_is_said_while_nobody_is_registered(installation: Installation) -> None:
    async def story() -> None:
        running = Running(installation)
        assert not (await running.prover.prove_now()).proved
        assert running.observed == []
        running.do(*homes(), *person("li", WECOM.format("li")))
        await running.prover.prove_now()
        assert [one.met for one in running.observed] == [True]

    asyncio.run(story())


def test_a_failure_of_the_store_is_tried_again(installation: Installation) -> None:
    async def story() -> None:
        running = Running(installation)
        running.do(*everybody())
        failures = iter((True, False))

        def settings() -> Settings:
            if next(failures, False):
                raise StoreError("the disk is full")
            return shipped()

        again = Prover(
            settings,
            look=lambda: running.core.state,
            writer=running.store.writer,
            observe=running.observe,
            now_ms=lambda: START,
            again_s=0.01,
        )
        task = asyncio.create_task(again.run())
        assert not (await running.said()).met
        task.cancel()

    asyncio.run(story())


def test_the_core_raises_and_clears_the_alert(installation: Installation) -> None:
    async def story() -> None:
        running = Running(installation)
        running.do(*homes(), *person("li", WECOM.format("li")))
        await running.prover.prove_now()
        running.do(Commanded(START, running.observed[-1]))
        (alert,) = running.core.state.alerts.values()
        assert (alert.rule, alert.closed_ms) == (REACH_GAP, None)
        running.do(*person("wang", VOICE.format("139")))
        await running.prover.prove_now()
        running.do(Commanded(START, running.observed[-1]))
        assert all(one.closed_ms for one in running.core.state.alerts.values())

    asyncio.run(story())
