"""Accounts: who may sign in, with Argon2 hashes in ``account``."""

from __future__ import annotations

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, insert, select, update

from hub.store.schema import account
from hub.web.access import Role
from hub.web.keys import SETUP_TOKEN_HASH, digest, drop_setting, same, setting_value

SHORTEST_PASSWORD = 8

# A control-room PC is slow and shared with the hub: 19 MiB and two passes, OWASP's floor for Argon2id.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash("nobody")


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``account``."""

    name: str
    role: Role
    person: str
    password_hash: str
    created_ms: int

    @property
    def stamp(self) -> str:
        """Changes with the password: sessions that carry an older one are over."""
        return digest(self.password_hash)[:16]


def find_account(connection: Connection, name: str) -> Account | None:
    row = connection.execute(select(account).where(account.c.name == name)).first()
    return Account(**{**row._asdict(), "role": Role(row.role)}) if row else None


def all_accounts(connection: Connection) -> list[Account]:
    rows = connection.execute(select(account).order_by(account.c.name))
    return [Account(**{**row._asdict(), "role": Role(row.role)}) for row in rows]


def password_fits(found: Account | None, password: str) -> bool:
    """Takes as long for a name that does not exist as for a wrong password."""
    try:
        _hasher.verify(found.password_hash if found else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return found is not None


def add_account(connection: Connection, *, name: str, role: Role, password: str, person: str, now_ms: int) -> bool:
    """False when the name is taken."""
    if find_account(connection, name):
        return False
    connection.execute(
        insert(account).values(
            name=name,
            role=role.value,
            person=person,
            password_hash=_hasher.hash(password),
            created_ms=now_ms,
        )
    )
    return True


def set_password(connection: Connection, name: str, password: str) -> None:
    connection.execute(update(account).where(account.c.name == name).values(password_hash=_hasher.hash(password)))


def remove_account(connection: Connection, name: str) -> None:
    connection.execute(delete(account).where(account.c.name == name))


def setup_token_fits(connection: Connection, token: str) -> bool:
    return same(digest(token), setting_value(connection, SETUP_TOKEN_HASH))


def make_first_admin(connection: Connection, *, token: str, name: str, password: str, now_ms: int) -> bool:
    """Use the setup token up and make the administrator; False when the token is wrong or used."""
    if not setup_token_fits(connection, token) or not drop_setting(connection, SETUP_TOKEN_HASH):
        return False
    return add_account(connection, name=name, role=Role.ADMIN, password=password, person="", now_ms=now_ms)
