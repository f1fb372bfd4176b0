"""A person's words in the journal open with their key, and with nothing else."""

from __future__ import annotations

import msgspec
from sqlalchemy import insert, select

from hub.core.commands import AnyCommand, ErasePerson, PutPerson, PutPlace
from hub.core.inputs import Commanded
from hub.core.state import Changes
from hub.model import Contact, Person, Place, PlaceKind
from hub.store import schema
from hub.store.frames import unpack
from hub.store.sql import SqlStore
from tests.store.backend import Backend
from tests.store.examples import COMMUNITY, NOW, batch, lease

LI = Person(
    id="li_%",
    name="李阿姨",
    phone="13800000000",
    contacts=(Contact(id="sms", url="modemsms:///dev/x?to=13800000000"), Contact(id="empty", url="")),
)
HOME = Place(id="h", kind=PlaceKind.HOME, name="1203室", key_holder="门卫有钥匙", health_note="听力不好")
SECRETS = ("李阿姨", "13800000000", "门卫有钥匙", "听力不好")


def put(store: SqlStore, epoch: int, seq: int, *commands: AnyCommand, changes: Changes | None = None) -> None:
    inputs = [Commanded(NOW, command, 0) for command in commands]
    store.commit(batch(epoch, seq, inputs, changes=changes))


def commands(store: SqlStore) -> list[AnyCommand]:
    return [one.command for b in store.blocks(COMMUNITY, 0, 100) for one in b.inputs if isinstance(one, Commanded)]


def bytes_kept(store: SqlStore) -> str:
    with store.reader() as connection:
        bodies = connection.execute(select(schema.block.c.body)).scalars().all()
    return b"".join(unpack(bytes(body), "block") for body in bodies).decode("utf-8", "replace")


def test_what_went_in_comes_out_and_is_nowhere_to_be_read(store: SqlStore) -> None:
    epoch = lease(store)
    asked: list[AnyCommand] = [PutPerson(actor="office", person=LI), PutPlace(actor="office", place=HOME)]
    put(store, epoch, 1, *asked)
    assert commands(store) == asked
    assert [secret for secret in SECRETS if secret in bytes_kept(store)] == []


def test_another_hub_reads_the_same(backend: Backend) -> None:
    store = backend.open()
    put(store, lease(store), 1, PutPerson(actor="office", person=LI))
    assert commands(backend.open()) == [PutPerson(actor="office", person=LI)]


def test_an_erased_person_is_forgotten_and_their_neighbours_are_not(store: SqlStore) -> None:
    epoch = lease(store)
    wu = Person(id="liX", name="吴叔", contacts=())
    put(store, epoch, 1, PutPerson(actor="office", person=LI), PutPerson(actor="office", person=wu))
    put(store, epoch, 3, ErasePerson(actor="office", person=LI.id), changes=Changes(erased={LI.id}))
    read = commands(store)
    assert isinstance(read[0], PutPerson)
    assert (read[0].person.id, read[0].person.name, read[0].person.phone) == (LI.id, "", "")
    assert [contact.url for contact in read[0].person.contacts] == ["", ""]
    assert read[1] == PutPerson(actor="office", person=wu)


def test_somebody_who_comes_back_after_erasure_has_a_new_key(store: SqlStore) -> None:
    epoch = lease(store)
    put(store, epoch, 1, PutPerson(actor="office", person=LI))
    put(store, epoch, 2, ErasePerson(actor="office", person=LI.id), changes=Changes(erased={LI.id}))
    put(store, epoch, 3, PutPerson(actor="office", person=LI))
    names = [one.person.name for one in commands(store) if isinstance(one, PutPerson)]
    assert names == ["", "李阿姨"]


def test_erasing_takes_their_words_out_of_the_rows_too(store: SqlStore) -> None:
    epoch = lease(store)
    for id in (LI.id, "liX"):
        store.write_command(COMMUNITY, PutPerson(actor="office", person=msgspec.structs.replace(LI, id=id)), NOW)
        row = {
            "community": COMMUNITY,
            "person": id,
            "at_ms": NOW,
            "incident": 1,
            "notification": 1 if id == LI.id else 2,
            "attempt": 1,
            "severity": "critical",
            "purpose": "raised",
            "text": "6号楼",
        }
        with store.writer() as connection:
            connection.execute(insert(schema.inbox).values(row))
    done = [(row, 1, None) for row, _ in store.open_commands(COMMUNITY)]
    commit = batch(epoch, 1, [Commanded(NOW, ErasePerson(actor="office", person=LI.id), 0)])
    store.commit(msgspec.structs.replace(commit, commands=done, changes=Changes(erased={LI.id})))
    with store.reader() as connection:
        inboxes = connection.execute(select(schema.inbox.c.person)).scalars().all()
        asked = connection.execute(select(schema.command.c.body)).scalars().all()
    assert inboxes == ["liX"]
    assert len(asked) == 1
    assert '"id":"liX"' in asked[0]
