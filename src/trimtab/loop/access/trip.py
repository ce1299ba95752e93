"""A sign-in that is under way at another system, bound to the browser that began it.

All that has to come back is made of one secret, which only that browser has, in a cookie that no script reads: the
server keeps nothing until somebody arrives.
"""

import base64
import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

from trimtab.vocabulary.kernel import Clock, Unauthorised

LASTS_S = 600
SECOND_NS = 1_000_000_000
MOST_ARRIVED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """One way to the issuer and back; `onward` is the page to go on to."""

    secret: str
    started_s: int
    onward: str

    @property
    def state(self) -> str:
        """Comes back with the browser: shows that the answer belongs to this trip."""
        return self._made_for("state")

    @property
    def nonce(self) -> str:
        """Comes back inside the signed token: shows that the token was made for this trip."""
        return self._made_for("nonce")

    @property
    def verifier(self) -> str:
        """Shown only when the code is turned into a token (RFC 7636): whoever catches the code alone has nothing."""
        return self._made_for("verifier")

    @property
    def challenge(self) -> str:
        """What the issuer is told of the verifier beforehand."""
        return unpadded(hashlib.sha256(self.verifier.encode()).digest())

    def pack(self) -> str:
        """As it stands in the cookie."""
        return f"{self.started_s}.{self.secret}.{unpadded(self.onward.encode())}"

    def _made_for(self, purpose: str) -> str:
        made = hmac.new(self.secret.encode(), f"{purpose} {self.started_s}".encode(), "sha256")
        return unpadded(made.digest())


class Trips:
    """Begins trips and ends each once; in memory is only which have ended."""

    def __init__(self, clock: Clock) -> None:
        """Nobody has arrived yet."""
        self._clock = clock
        self._arrived: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, onward: str) -> Trip:
        """A new trip."""
        now_s = self._clock.now_ns() // SECOND_NS
        return Trip(secret=secrets.token_urlsafe(32), started_s=now_s, onward=onward)

    def end(self, packed: str, state: str) -> Trip:
        """The trip of a browser that comes back; raises `Unauthorised` where it began none, another, or it is over."""
        trip = read_trip(packed)
        age_s = self._clock.now_ns() // SECOND_NS - trip.started_s if trip else -1
        same = trip is not None and hmac.compare_digest(trip.state.encode(), state.encode("utf-8", "replace"))
        if trip is None or not same or not 0 <= age_s <= LASTS_S:
            raise over("this sign-in was not begun by this browser, or too long ago")
        with self._lock:
            if trip.state in self._arrived:
                raise over("this sign-in has ended already")
            self._arrived[trip.state] = None
            while len(self._arrived) > MOST_ARRIVED:
                self._arrived.popitem(last=False)
        return trip


def read_trip(packed: str) -> Trip | None:
    """The trip of a cookie, None where it holds none."""
    started, _, rest = packed.partition(".")
    secret, _, onward = rest.partition(".")
    if not (started.isascii() and started.isdigit() and len(started) <= 12 and len(secret) >= 40):
        return None
    try:
        path = base64.urlsafe_b64decode(onward + "=" * (-len(onward) % 4)).decode()
    except ValueError:
        return None
    return Trip(secret=secret, started_s=int(started), onward=path)


def over(message: str) -> Unauthorised:
    """What is raised where a trip cannot end."""
    return Unauthorised(message, hint="sign in again", code="sign_in_over")


def unpadded(data: bytes) -> str:
    """Base64 for addresses and cookies."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
