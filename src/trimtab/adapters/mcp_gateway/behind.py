"""All servers behind the gateway, and what they offer together."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import mcp_types as types

from trimtab.adapters.mcp_gateway.upstream import Server
from trimtab.edge.gateway import Definition, Gateway, Offer, Offers, Pins, Standing, offers
from trimtab.edge.sdk import framework

TICK_S = 1.0
STRAY = "holds what is no message, which is left out"
Tell = Callable[[str], None]


class Behind:
    """The servers of a gateway. `told` hears, in words, what an operator should know."""

    def __init__(self, gateway: Gateway, pins: Pins | None, told: Tell) -> None:
        """Know them; within `running` they are kept up."""
        self.gateway, self._pins, self._told = gateway, pins, told
        self._news = asyncio.Event()
        dice = random.SystemRandom()
        self.servers = {one.name: Server(one, self._changed, dice) for one in gateway.servers}
        self.offers = Offers()
        self._said: dict[str, str] = {}
        self._hearers: list[Callable[[], None]] = []

    def hear(self, hearer: Callable[[], None]) -> None:
        """Call this when other tools are offered than before."""
        self._hearers.append(hearer)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Keep the servers up; begins when each was tried once."""
        up = [(one, asyncio.create_task(one.run())) for one in self.servers.values()]
        watch: asyncio.Task[None] | None = None
        try:
            await asyncio.gather(*(one.tried.wait() for one in self.servers.values()))
            self.look()
            watch = asyncio.create_task(self._watch())
            yield
        finally:
            if watch is not None:
                watch.cancel()
            await asyncio.gather(*(one.stop(task) for one, task in up))

    async def refresh(self) -> None:
        """Read the tools of all servers again."""
        await asyncio.gather(*(one.relist() for one in self.servers.values()))
        self.look()

    def definitions(self) -> list[Definition]:
        """The tools of all servers, as they were when these last said."""
        return [one for server in self.servers.values() for one in server.definitions]

    def look(self) -> None:
        """See what is offered now, and tell whoever should know."""
        before = {one.name: one.definition.digest for one in self.offers.offered}
        found = self.definitions()
        contract, usable = framework.contract(), None
        if contract is not None:
            usable = frozenset(framework.usable(contract.tools))
        down = {name: one.seen.fault for name, one in self.servers.items() if not one.up}
        standing = Standing(down=down, usable=usable)
        self.offers = offers(self.gateway, found, self._pins, contract, standing)
        self._say()
        if {one.name: one.definition.digest for one in self.offers.offered} != before:
            for hearer in self._hearers:
                hearer()

    def tools(self) -> list[types.Tool]:
        """The tools that a client is offered, as their servers describe them, under the names they have here."""
        found: list[types.Tool] = []
        for offer in self.offers.offered:
            tool = self.servers[offer.definition.server].tool(offer.definition.tool)
            if tool is not None:
                found.append(tool.model_copy(update={"name": offer.name}))
        return found

    def server_of(self, offer: Offer) -> Server:
        """The server of a tool."""
        return self.servers[offer.definition.server]

    def _changed(self) -> None:
        self._news.set()

    async def _watch(self) -> None:
        """Look when something has happened, and every second: tools rest, come back, are switched off."""
        while True:
            try:
                async with asyncio.timeout(TICK_S):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()
            self.look()

    def _say(self) -> None:
        """Tell what is new: servers that are down or up again, tools that have drifted."""
        now: dict[str, str] = {}
        for name, server in self.servers.items():
            now[f"server {name}"] = "" if server.up else f"cannot be used: {server.seen.fault}"
            now[f"output of server {name}"] = STRAY if server.seen.strays else ""
        for offer in self.offers:
            if offer.stopped and not offer.drift:
                now[f"tool {offer.name}"] = f"is withdrawn: {offer.withheld}"
            elif offer.drift:
                what = "withdrawn" if offer.stopped else "offered all the same, for the contract observes"
                now[f"tool {offer.name}"] = f"is {what}; it was pinned otherwise: {offer.drift}"
        for what, said in now.items():
            before = self._said.get(what, "")
            if said != before:
                self._told(f"{what} {said or 'can be used again'}")
        self._said = now
