"""What stands between any client and the tools of other servers.

config.py   the document that names the servers, read in full or refused with every problem
fields.py   fields of it; names.py what a tool of a server is called here
sources.py  what a contract asks for that is never known here
pins.py     definitions as a person has read them; what has changed since, in words
offer.py    which tools are offered now, and why the others are not
"""

from trimtab.edge.gateway.config import Gateway, Listen, Upstream, gateway_at, read_gateway
from trimtab.edge.gateway.names import SEPARATOR, full_name, offered_name
from trimtab.edge.gateway.offer import Offer, Offers, Standing, offers
from trimtab.edge.gateway.pins import Definition, Pins, difference, pins_at, write_pins
from trimtab.edge.gateway.sources import unheard

__all__ = [
    "SEPARATOR",
    "Definition",
    "Gateway",
    "Listen",
    "Offer",
    "Offers",
    "Pins",
    "Standing",
    "Upstream",
    "difference",
    "full_name",
    "gateway_at",
    "offered_name",
    "offers",
    "pins_at",
    "read_gateway",
    "unheard",
    "write_pins",
]
