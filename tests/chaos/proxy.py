"""A TCP proxy that loses, holds, freezes and slows what passes through it.

It stands between workers and Redis, between a Redis and its replica, and between everybody and the broker (whose
advertised listener it is). One thread runs an event loop; the methods may be called from any other thread and return
when the change is in force. What a fault did is counted, so that a test can wait for it to have struck.
"""

import asyncio
import threading

from harness import free_port

PIECE = 65536


class Link:
    """One connection, and its other half to the server."""

    def __init__(self, client, server):
        self.client, self.server = client, server  # the writers
        self.is_swallowing = False  # half-open: what comes is never heard of again
        self.held = None  # an event: requests wait for it
        self.hold_marker = b""  # from the first request on that has this in it
        self.held_bytes = 0
        self.cut_reply_after = None  # bytes of replies still to pass

    def abort(self):
        for writer in (self.client, self.server):
            writer.transport.abort()


class Proxy:
    def __init__(self, target, port=None):
        self.port = port or free_port()
        self.target = target
        self.is_refusing = False
        self.links = set()
        self.struck = 0  # replies and requests cut so far
        self.released_bytes = 0  # of requests that were executed long after their sender gave up
        self.pace = None  # (bytes at a time, seconds between them)
        self.cut_after = {True: None, False: None}  # is it a reply -> bytes still to pass, of all connections
        self.cut_behind = None  # (marker, bytes): the connection whose request has the marker in it is the one
        self.held_anew = None  # a marker: connections to come are held from it on, like those of now
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.is_ready = threading.Event()
        self.thread.start()
        self.is_ready.wait(10)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", self.port))
        self.is_ready.set()
        self.loop.run_forever()
        server.close()
        for link in list(self.links):
            link.abort()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))

    def _do(self, function):
        done = threading.Event()

        def run():
            function()
            done.set()

        self.loop.call_soon_threadsafe(run)
        if not done.wait(20):
            raise TimeoutError("the proxy does not react")

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    # --- Faults ---

    def cut(self):
        """Every connection ends, as by a reset."""
        self._do(self._cut)

    def _cut(self):
        for link in list(self.links):
            link.abort()

    def refuse(self, is_refusing=True):
        """Cuts all there is and lets nobody in, until refuse(False)."""

        def change():
            self.is_refusing = is_refusing
            if is_refusing:
                self._cut()

        self._do(change)

    def lead_to(self, target):
        """What comes from now on goes to another server; what was connected is cut."""

        def change():
            self.target = target
            self.is_refusing = False
            self._cut()

        self._do(change)

    def cut_reply(self, after, behind=None):
        """Lets so many bytes of replies pass, and cuts the connection in the midst of what comes then. With `behind`:
        on the connection that carries the next request with this in it, counted from there."""

        def change():
            if behind:
                self.cut_behind = behind, after
            else:
                self.cut_after[True] = after

        self._do(change)

    def cut_request(self, after):
        self._do(lambda: self.cut_after.__setitem__(False, after))

    def hold(self, marker=b"", is_for_all=False):
        """Requests on the connections of now, from the first on that has the marker in it, wait for release(), even
        when their sender has left. New connections are free, but with `is_for_all`."""

        def change():
            self.held_anew = marker if is_for_all else None
            for link in self.links:
                link.held, link.hold_marker = link.held or asyncio.Event(), marker

        self._do(change)

    def held_bytes(self):
        return sum(link.held_bytes for link in list(self.links))

    def release(self):
        def change():
            self.held_anew = None
            self.released_bytes += sum(link.held_bytes for link in self.links)
            for link in self.links:
                if link.held:
                    link.held.set()
                if not link.held_bytes:
                    link.held = None

        self._do(change)

    def half_open(self):
        """The connections of now stay open and carry nothing any more, either way."""

        def change():
            for link in self.links:
                link.is_swallowing = True

        self._do(change)

    def slow(self, size=None, seconds=0):
        """So many bytes at a time, so long between them; without arguments: at full speed again."""
        self._do(lambda: setattr(self, "pace", (size, seconds) if size else None))

    # --- Carrying ---

    async def _accept(self, reader, client):
        if self.is_refusing:
            client.transport.abort()
            return
        try:
            server_reader, server = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            client.transport.abort()
            return
        link = Link(client, server)
        if self.held_anew is not None:
            link.held, link.hold_marker = asyncio.Event(), self.held_anew
        self.links.add(link)
        try:
            await asyncio.gather(
                self._carry(link, reader, server, False), self._carry(link, server_reader, client, True)
            )
        finally:
            self.links.discard(link)
            link.abort()

    def _strike(self, link, is_reply, data):
        """What passes of the data, and whether the connection ends behind it."""
        if not is_reply and self.cut_behind and self.cut_behind[0] in data:
            link.cut_reply_after, self.cut_behind = self.cut_behind[1], None
        if is_reply and link.cut_reply_after is not None:
            if len(data) <= link.cut_reply_after:
                link.cut_reply_after -= len(data)
                return data, False
            self.struck += 1
            return data[: link.cut_reply_after], True
        after = self.cut_after[is_reply]
        if after is None:
            return data, False
        if len(data) <= after:
            self.cut_after[is_reply] = after - len(data)
            return data, False
        self.cut_after[is_reply] = None
        self.struck += 1
        return data[:after], True

    async def _write(self, writer, data):
        size, seconds = self.pace or (len(data), 0)
        for at in range(0, len(data), max(size, 1)):
            if writer.transport.is_closing():
                raise ConnectionResetError
            writer.write(data[at : at + size])
            await writer.drain()
            if seconds:
                await asyncio.sleep(seconds)

    async def _carry(self, link, reader, writer, is_reply):
        is_over = False
        while not is_over:
            try:
                data = await reader.read(PIECE)
            except OSError:
                data = b""
            if not data:
                break
            if link.is_swallowing:
                continue
            if link.held and not is_reply and (link.held_bytes or link.hold_marker in data):
                link.held_bytes += len(data)
                await link.held.wait()
            data, is_over = self._strike(link, is_reply, data)
            try:
                await self._write(writer, data)
            except OSError:
                if not is_reply:
                    break
                link.is_swallowing = link.held is None  # nobody listens; what was held is still to be executed
        if is_over:
            await asyncio.sleep(0.01)  # what was let through goes out before the reset
        if is_over or is_reply or link.is_swallowing or not writer.can_write_eof():
            link.abort()
        else:
            try:
                writer.write_eof()  # Redis executes what it has, and then hangs up.
            except OSError:
                link.abort()
