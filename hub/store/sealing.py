"""Personal fields in the journal are sealed with a key for each subject: without its key a person is forgotten.

Law: a block holds names, numbers, contact addresses, key holders and health notes only sealed (AES-256-GCM, key per
subject, the field's place as associated data). The key stands in ``subject_key``; erasing deletes it in the transaction
that erases, and whatever was sealed with it opens as "". Rows and snapshots hold the plain registry of today: rows change
with the erasure, snapshots are replaced within minutes (`KEPT` of them).
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from hub.core.commands import AnyCommand, PutPerson, PutPlace
from hub.core.inputs import Commanded, Input
from hub.store.schema import call, command, inbox, outbox, photo, push_subscription, subject_key

MARK = "\x01sealed:"
NONCE_BYTES = 12

Change = Callable[[str, str, str], str]
"""(subject, field, text) -> the field's other form."""


class Sealing:
    """The keys of one store, kept in memory; used under the store's write lock, or with a connection of one's own."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], bytes | None] = {}

    def seal(self, connection: Connection, community: str, inputs: list[Input], now_ms: int) -> list[Input]:
        """The inputs as the journal keeps them; keys that are new are written in the caller's transaction."""
        # Here and below imported when first needed: 7 MB that a hub whose registry rests does without.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        def sealed(subject: str, field: str, text: str) -> str:
            key = self._key(connection, community, subject)
            if key is None:
                key = AESGCM.generate_key(256)
                values = {"community": community, "subject": subject, "key": key, "created_ms": now_ms}
                connection.execute(insert(subject_key).values(values))
                self._keys[community, subject] = key
            nonce = secrets.token_bytes(NONCE_BYTES)
            closed = AESGCM(key).encrypt(nonce, text.encode("utf-8", "surrogatepass"), field.encode())
            return MARK + base64.b64encode(nonce + closed).decode()

        return [_changed(one, sealed) for one in inputs]

    def open(self, connection: Connection, community: str, inputs: list[Input]) -> list[Input]:
        """The inputs as they were; what was erased is ""."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        def opened(subject: str, field: str, text: str) -> str:
            if not text.startswith(MARK):
                return text
            key = self._key(connection, community, subject)
            if key is None:
                return ""
            closed = base64.b64decode(text.removeprefix(MARK))
            try:
                plain = AESGCM(key).decrypt(closed[:NONCE_BYTES], closed[NONCE_BYTES:], field.encode())
            except InvalidTag:  # sealed with a key that was erased before the subject came back
                return ""
            return plain.decode("utf-8", "surrogatepass")

        return [_changed(one, opened) for one in inputs]

    def forget(self) -> None:
        """A transaction failed: the keys in memory may not be those in the store."""
        self._keys.clear()

    def erase(self, connection: Connection, community: str, person: str) -> None:
        """Destroy the key, and take the person's words and addresses out of the rows that no snapshot rewrites."""
        subject = f"person:{person}"
        here = subject_key.c.community == community
        connection.execute(delete(subject_key).where(here, subject_key.c.subject == subject))
        self._keys.pop((community, subject), None)
        _erase_rows(connection, community, person)

    def _key(self, connection: Connection, community: str, subject: str) -> bytes | None:
        known = (community, subject)
        if known not in self._keys:
            where = (subject_key.c.community == community, subject_key.c.subject == subject)
            found = connection.execute(select(subject_key.c.key).where(*where)).scalar()
            self._keys[known] = None if found is None else bytes(found)
        return self._keys[known]


def has_personal(inputs: list[Input]) -> bool:
    """Is there anything to seal or to open? Asked for every batch, so it looks at types alone."""
    return any(type(one) is Commanded and type(one.command) in (PutPerson, PutPlace) for one in inputs)


def _changed(one: Input, change: Change) -> Input:
    if type(one) is not Commanded:
        return one
    changed = _command(one.command, change)
    return one if changed is one.command else msgspec.structs.replace(one, command=changed)


def _command(command: AnyCommand, change: Change) -> AnyCommand:
    replace = msgspec.structs.replace
    if type(command) is PutPerson:
        person = command.person
        subject = f"person:{person.id}"
        contacts = tuple(replace(c, url=change(subject, f"url:{c.id}", c.url)) for c in person.contacts)
        name, phone = (change(subject, field, getattr(person, field)) for field in ("name", "phone"))
        return replace(command, person=replace(person, name=name, phone=phone, contacts=contacts))
    if type(command) is PutPlace and (command.place.key_holder or command.place.health_note):
        place = command.place
        fields = {n: change(f"place:{place.id}", n, getattr(place, n)) for n in ("key_holder", "health_note")}
        return replace(command, place=replace(place, **fields))
    return command


def _erase_rows(connection: Connection, community: str, person: str) -> None:
    """What is kept of an incident stays, under the bare id; what says who and where they are goes."""
    for table in (inbox, push_subscription, call):
        connection.execute(delete(table).where(table.c.community == community, table.c.person == person))
    connection.execute(update(photo).where(photo.c.community == community, photo.c.person == person).values(person=""))
    told = f'%"person":"{like(person)}"%'
    here = (outbox.c.community == community, outbox.c.body.like(told, escape="\\"))
    connection.execute(update(outbox).where(*here).values(url=""))
    put = f'%"put_person"%"id":"{like(person)}"%'
    done = (command.c.community == community, command.c.done_ms.is_not(None), command.c.body.like(put, escape="\\"))
    connection.execute(delete(command).where(*done))


def like(text: str) -> str:
    """The text as JSON writes it, with what LIKE would take for a wildcard escaped."""
    quoted = msgspec.json.encode(text).decode()[1:-1]
    return quoted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
