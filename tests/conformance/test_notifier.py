"""What every notifier does, over real sockets: what passes and what does not, and no word of a secret."""

import base64
import logging
import smtplib
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import pytest
from tests.support.notifiers import MAKERS, SECRET, full_message, huge_message, secrets_of
from tests.support.receivers import Headers, Inbox, Mailbox, http_inbox, mailbox

from trimtab.adapters.httpx_web import HttpxWeb
from trimtab.adapters.smtp import Smtp
from trimtab.loop.alert import KINDS, Delivered, Message, Notifier, Refused, Reply, Retry, Secrets
from trimtab.vocabulary.kernel import Unavailable

SMTP_SAYS = {400: "550 no such", 429: "451 later", 500: "421 busy", 0: "hang"}


@dataclass
class Bench:
    """A notifier and the receiver it speaks to."""

    kind: str
    notifier: Notifier
    without_secret: Notifier
    inbox: Inbox | None = None
    box: Mailbox | None = None

    def script(self, *answers: tuple[int, Headers]) -> None:
        if self.inbox is not None:
            self.inbox.script = list(answers)
        elif self.box is not None:
            self.box.answers = {"RCPT": SMTP_SAYS[answers[0][0]]} if answers else {}

    def count(self) -> int:
        return len(self.inbox.taken) if self.inbox is not None else len(self.box.mails) if self.box else 0


@pytest.fixture(params=[*MAKERS, "email"])
def bench(request: pytest.FixtureRequest) -> Generator[Bench]:
    if request.param == "email":
        with mailbox() as box:
            settings = {
                "host": "127.0.0.1", "port": str(box.port), "from": "t@example.com", "to": "a@example.com",
                "user": "bot", "password": "env:KEY", "starttls": "false",
            }  # fmt: skip
            secrets = Secrets({"KEY": SECRET})
            yield Bench("email", Smtp(settings, secrets, 0.3), Smtp(settings, Secrets({}), 0.3), box=box)
        return
    web = HttpxWeb(0.3, 1.0)
    with http_inbox() as inbox:
        make = MAKERS[request.param]
        found = make(inbox.url, secrets_of(inbox.url), web)
        yield Bench(request.param, found, make(inbox.url, Secrets({}), web), inbox=inbox)
    web.close()


def clean(reply: Reply, caplog: pytest.LogCaptureFixture) -> Reply:
    said = f"{reply} {caplog.text}"
    assert SECRET not in said
    assert base64.b64encode(f"bot:{SECRET}".encode()).decode() not in said
    return reply


def test_there_is_a_notifier_for_every_type_of_receiver() -> None:
    assert {*MAKERS, "email"} == set(KINDS)


@pytest.mark.parametrize("kind", ["trigger", "acknowledge", "resolve", "change"])
def test_every_kind_of_message_is_delivered_or_refused(
    bench: Bench, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    message = replace(full_message(), kind=kind, by="ann" if kind == "acknowledge" else "")
    reply = clean(bench.notifier.send(message), caplog)
    assert isinstance(reply, Delivered if kind != "change" else (Delivered, Refused))
    if kind == "trigger":
        assert bench.count() >= 1


def test_the_largest_message_is_taken(bench: Bench) -> None:
    assert isinstance(bench.notifier.send(huge_message()), Delivered)
    if bench.inbox is not None:
        assert max(len(one.body) for one in bench.inbox.taken) < 2_000_000


def test_a_message_with_nothing_but_a_title_is_taken(bench: Bench) -> None:
    bare = Message(id="i", kind="trigger", project="p", receiver="r", key="k", title="t", at_ns=1)
    assert isinstance(bench.notifier.send(bare), Delivered)


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (400, {}, Refused),
        (429, {"retry-after": "7"}, Retry),
        (500, {}, Retry),
        (0, {}, Retry),
    ],
)
def test_the_reply_says_whether_a_failure_passes(
    bench: Bench, status: int, headers: Headers, outcome: type[Reply], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bench.script((status, headers))
    start = time.monotonic()
    reply = clean(bench.notifier.send(full_message()), caplog)
    assert time.monotonic() - start < 30
    assert isinstance(reply, outcome)
    assert not isinstance(reply, Delivered)
    assert reply.reason
    if headers and bench.inbox is not None:
        assert reply == replace(reply, after_s=7.0)


def test_a_failure_once_is_followed_by_success(bench: Bench) -> None:
    bench.script((500, {}))
    assert isinstance(bench.notifier.send(full_message()), Retry)
    bench.script()
    assert isinstance(bench.notifier.send(full_message()), Delivered)


def test_a_redirect_is_not_followed(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    if bench.inbox is None:
        return
    with http_inbox() as elsewhere:
        bench.script((302, {"location": f"{elsewhere.url}/x"}))
        assert isinstance(clean(bench.notifier.send(full_message()), caplog), Refused)
        assert elsewhere.taken == []


def test_sent_again_it_is_the_same(bench: Bench) -> None:
    sent: list[list[tuple[str, bytes]]] = []
    for _ in range(2):
        before = bench.count()
        assert isinstance(bench.notifier.send(full_message()), Delivered)
        if bench.inbox is not None:
            sent.append([(one.path, one.body) for one in bench.inbox.taken[before:]])
        elif bench.box is not None:
            sent.append([("", bench.box.mails[-1].encode())])
    if bench.kind in {"jira", "linear", "servicenow"}:  # found again: a comment, no second issue
        assert bench.inbox is not None
        assert len(bench.inbox.kept) == (2 if bench.kind == "linear" else 1)
        assert len(sent[1]) == 2
    else:
        assert sent[0] == sent[1]


def test_nobody_there_passes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    web = HttpxWeb(0.3)
    gone = "http://127.0.0.1:9"
    for make in MAKERS.values():
        reply = clean(make(gone, secrets_of(gone), web).send(full_message()), caplog)
        assert isinstance(reply, Retry)
        assert "ConnectError" in reply.reason
    settings = {"host": "127.0.0.1", "port": "9", "from": "a@x.example", "to": "b@x.example"}
    assert isinstance(Smtp(settings, Secrets({}), 0.3).send(full_message()), Retry)
    web.close()


def test_a_secret_that_is_not_there_is_named_by_its_reference(bench: Bench) -> None:
    with pytest.raises(Unavailable) as caught:
        bench.without_secret.send(full_message())
    assert "env:" in caught.value.message
    assert bench.count() == 0


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x.example/", "gopher://x", "http://", "x", "http://[", ""]
)
def test_what_is_no_web_address_is_not_called(url: str) -> None:
    web = HttpxWeb(0.3)
    for make in MAKERS.values():
        reply = make(url, Secrets({"KEY": SECRET, "HOOK": url or "x"}), web).send(full_message())
        assert not isinstance(reply, Delivered)
        assert SECRET not in reply.reason
    web.close()


@pytest.mark.parametrize("secret", ["line\nbreak-s3cr3t", "nul\x00-s3cr3t", "ümlaut-s3cr3t"])
def test_a_secret_that_fits_no_header_is_not_told(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    web = HttpxWeb(0.3)
    with http_inbox() as inbox:
        for make in MAKERS.values():
            secrets = Secrets({"KEY": secret, "HOOK": f"{inbox.url}/{secret}"})
            reply = make(inbox.url, secrets, web).send(full_message())
            assert "s3cr3t" not in f"{reply}{caplog.text}"
    web.close()


LIES: list[Callable[[], bytes]] = [
    lambda: b"",
    lambda: b"[]",
    lambda: b'{"issues": 5, "result": 7, "data": 3}',
    lambda: b"\xff\xfe",
]


@pytest.mark.parametrize("lie", LIES, ids=["nothing", "list", "numbers", "noise"])
def test_an_answer_that_makes_no_sense_breaks_nothing(bench: Bench, lie: Callable[[], bytes]) -> None:
    if bench.inbox is None:
        return
    from trimtab.loop.alert import Answer, MemoryWeb

    web = MemoryWeb([Answer(status=200, body=lie()) for _ in range(5)])
    found = MAKERS[bench.kind](bench.inbox.url, secrets_of(bench.inbox.url), web)  # type: ignore[arg-type]
    assert isinstance(found.send(full_message()), Delivered | Refused | Retry)


def test_mail_is_refused_or_waits_by_the_code_of_the_server() -> None:
    with mailbox() as box:
        settings = {
            "host": "127.0.0.1", "port": str(box.port), "from": "t@x.example", "to": "a@x.example,b@x.example",
            "user": "bot", "password": "env:KEY", "starttls": "false",
        }  # fmt: skip
        notifier = Smtp(settings, Secrets({"KEY": SECRET}), 0.3)
        for verb, said, outcome in (
            ("AUTH", f"535 no {SECRET}", Retry),
            ("MAIL", "552 too much", Refused),
            ("MAIL", "452 later", Retry),
            ("DATA", f"554 no {SECRET}", Refused),
            ("EHLO", "250 SIZE 1", Refused),
        ):
            box.answers = {verb: said}
            reply = notifier.send(full_message())
            assert isinstance(reply, outcome), (verb, reply)
            assert SECRET not in str(reply)
        box.answers = {}
        assert notifier.send(full_message()) == Delivered()
        starttls = Smtp({**settings, "starttls": "true"}, Secrets({"KEY": SECRET}), 0.3)
        assert isinstance(starttls.send(full_message()), Refused)
        assert isinstance(
            Smtp({**settings, "from": "a\nb"}, Secrets({"KEY": SECRET}), 0.3).send(full_message()), Refused
        )
    assert issubclass(smtplib.SMTPAuthenticationError, smtplib.SMTPResponseException)
