"""A Redis with an accounts file, as compose runs it; accounts as narrow as the workers' need version 7."""

import re
from collections.abc import Sequence
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from testing.services.redis import RedisServer
from testing.services.server import HOST, PASSWORD
from tests.infra.places import INFRA
from tests.infra.tools import tool

WORKER_PASSWORD = "worker"


def template(name: str = "worker", password: str = WORKER_PASSWORD) -> str:
    """The account in infra/redis/worker.acl, with this name and password."""
    (line,) = re.findall(r"^user .*\n", (INFRA / "redis/worker.acl").read_text(encoding="utf-8"), re.MULTILINE)
    return str(line).replace("user worker ", f"user {name} ", 1).replace(">PASSWORD", f">{password}", 1)


class AccountsRedis(RedisServer):
    """Redis 7 or newer with the owner's account and others."""

    def __init__(self, folder: Path, accounts: str) -> None:
        super().__init__(folder)
        self.owner_password = PASSWORD
        self.accounts = folder / "users.acl"
        self.accounts.write_text(f"user default on >{PASSWORD} ~* &* +@all\n{accounts}", encoding="utf-8")
        # Debian's redis-tools includes the server: one program, which acts according to its name.
        self.program = folder / "redis-server"
        self.program.symlink_to(tool("redis-check-rdb"))

    def command(self) -> Sequence[str]:
        """Starts a server that stores nothing and takes its accounts only from the file."""
        return (
            str(self.program), "--bind", HOST, "--port", str(self.port), "--aclfile", str(self.accounts),
            "--save", "", "--appendonly", "no", "--dir", str(self.folder), "--loglevel", "warning",
        )  # fmt: skip

    def client(self) -> redis.Redis:
        """A connection as the owner."""
        return self.client_of("default", self.owner_password)

    def url_of(self, account: str, password: str) -> str:
        """The broker's URL for an account other than the owner's."""
        return f"redis://{account}:{password}@{HOST}:{self.port}/0"

    def refusals(self) -> list[str]:
        """What accounts tried to do but may not."""
        with self.client() as client:
            return [str(entry) for entry in client.acl_log()]

    def client_of(self, account: str, password: str) -> redis.Redis:
        """A connection as that account."""
        once = Retry(NoBackoff(), 0)
        return redis.Redis(host=HOST, port=self.port, username=account, password=password, retry=once)
