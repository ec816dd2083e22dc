"""A primary and its replica, and what can be lost between them; and one Redis whose log is cut when it crashes."""

import os

from harness import Redis, check, wait_until
from proxy import Proxy

OPTIONS = ("--repl-diskless-sync-delay", "0", "--repl-timeout", "5", "--repl-ping-replica-period", "1")


def info(redis, name):
    text = redis.command("INFO").decode()
    return next((line.split(":", 1)[1] for line in text.splitlines() if line.startswith(name + ":")), "")


class Pair:
    """Replication passes through a proxy of its own, so that acknowledged writes can be kept from the replica."""

    def __init__(self, world):
        self.world = world
        self.primary = world.start_redis(*OPTIONS)
        self.link = world.own(Proxy(self.primary.port))
        self.replica = world.own(Redis(world.folder / "replica", *OPTIONS)).start()
        self._follow()

    def _follow(self):
        self.replica.command("REPLICAOF", "127.0.0.1", self.link.port)
        wait_until(lambda: info(self.replica, "master_link_status") == "up", 30, "the replica to follow")

    def isolate(self):
        """The primary goes on and acknowledges; the replica, which has all there was, hears nothing of it."""
        offset = int(info(self.primary, "master_repl_offset"))
        wait_until(lambda: int(info(self.replica, "slave_repl_offset")) >= offset, 30, "the replica to have caught up")
        self.link.refuse()

    def promote(self):
        """The replica becomes the primary, as it is. The old one goes on for itself."""
        check(str(self.replica.command("REPLICAOF", "NO", "ONE")) == "OK", "the replica was not promoted")
        self.primary, self.replica = self.replica, self.primary
        self.world.redis = self.primary

    def heal(self):
        """The old primary follows the new one: what it alone had vanishes whole."""
        self.link.lead_to(self.primary.port)
        self._follow()


def aof_file(redis):
    folder = redis.folder / "appendonlydir"
    return max(folder.glob("*.incr.aof"), key=lambda path: path.stat().st_mtime)


def cut_aof(redis, size):
    """As a crash would leave it: the last bytes were never written."""
    path = aof_file(redis)
    os.truncate(path, path.stat().st_size - size)
