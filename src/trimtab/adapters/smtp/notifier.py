"""E-mail by SMTP: one thread of mails for each deduplication key."""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Self

from trimtab.loop.access import EVERYWHERE_BUT_LINKS, Reach
from trimtab.loop.alert import Delivered, Message, Refused, Reply, Retry, cut, headline, plain_text
from trimtab.loop.alert.ports import SecretSource
from trimtab.vocabulary import kernel

TIMEOUT_S = 10.0
TLS_PORT, PLAIN_PORT, IMPLICIT_PORT = 587, 25, 465
GREETING = 220
MAX_SUBJECT, MAX_REASON = 200, 300
AUTHENTICATION = frozenset({530, 534, 535, 538})
"""Wrong keys are mended by a person: the message waits for that."""


class Smtp:
    """Sends through one server.

    Settings: `host`, `port`, `from`, `to` (several by comma), `user`, `password` (secret), `starttls` (true unless false).
    """

    def __init__(
        self,
        settings: Mapping[str, str],
        secrets: SecretSource,
        timeout_s: float = TIMEOUT_S,
        reach: Reach = EVERYWHERE_BUT_LINKS,
    ) -> None:
        """Wait `timeout_s` for each answer; the password is looked up at each message; connect within a reach."""
        self._settings, self._secrets, self._timeout_s = settings, secrets, timeout_s
        self._reach = reach

    def send(self, message: Message) -> Reply:
        """Send one mail."""
        try:
            made = mail_of(message, self._settings)
            password = (
                self._secrets.reveal(self._settings["password"]) if "password" in self._settings else ""
            )
            refused = self._hand_over(made, password)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            reason = f"nobody is taken there (SMTP {', '.join(str(code) for code in codes)})"
            return Refused(reason=reason) if all(code >= 500 for code in codes) else Retry(reason=reason)
        except smtplib.SMTPResponseException as error:
            said = error.smtp_error
            text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
            reason = self._secrets.hide(f"SMTP {error.smtp_code}: {' '.join(text.split())}")[:MAX_REASON]
            lasting = error.smtp_code >= 500 and error.smtp_code not in AUTHENTICATION
            return Refused(reason=reason) if lasting else Retry(reason=reason)
        except smtplib.SMTPNotSupportedError:
            return Refused(
                reason="the server offers no STARTTLS or no login: see starttls, user and password"
            )
        except (OSError, smtplib.SMTPException) as error:
            return Retry(reason=self._secrets.hide(f"{type(error).__name__} {error}".strip())[:MAX_REASON])
        except ValueError as error:
            return Refused(reason=f"no mail can be made of it: {type(error).__name__}")
        return Delivered(note=f"without {', '.join(refused)}" if refused else "")

    def _hand_over(self, mail: EmailMessage, password: str) -> list[str]:
        starttls = self._settings.get("starttls", "true") != "false"
        port = int(self._settings.get("port", TLS_PORT if starttls else PLAIN_PORT))
        context = ssl.create_default_context()
        host = self._settings["host"]
        if port == IMPLICIT_PORT:
            server: ReachSmtp = ReachSmtpSsl(timeout=self._timeout_s, context=context)
        else:
            server = ReachSmtp(timeout=self._timeout_s)
        with server.call(host, port, self._reach):
            if starttls and port != IMPLICIT_PORT:
                server.starttls(context=context)
            if password:
                server.login(self._settings.get("user", ""), password)
            return sorted(server.send_message(mail))


class ReachSmtp(smtplib.SMTP):
    """Connects only to addresses that the server may call: the one that was checked is the one that is called."""

    _reach = Reach()

    def call(self, host: str, port: int, reach: Reach) -> Self:
        """Connect within a reach, and hear the greeting."""
        self._reach, self._host = reach, host  # the name that a certificate must bear
        code, said = self.connect(host, port)
        if code != GREETING:
            self.close()
            raise smtplib.SMTPConnectError(code, said)
        return self

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        try:
            addresses = self._reach.addresses(host, port)
        except kernel.Refused as error:
            raise OSError(error.message) from error
        for address in addresses[:-1]:
            with contextlib.suppress(OSError):
                return socket.create_connection((address, port), timeout)
        return socket.create_connection((addresses[-1], port), timeout)


class ReachSmtpSsl(smtplib.SMTP_SSL, ReachSmtp):
    """The same, encrypted from the beginning."""


def mail_of(message: Message, settings: Mapping[str, str]) -> EmailMessage:
    """The message as a mail; its id is that of the message, so a mail sent twice can be told."""
    mail = EmailMessage()
    mail["Subject"] = cut(headline(message), MAX_SUBJECT)
    mail["From"] = settings["from"]
    mail["To"] = settings["to"]
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.at_ns // 1_000_000_000, tz=UTC))
    mail["Message-ID"] = f"<{message.id}@trimtab>"
    mail["References"] = f"<{message.key}@trimtab>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain_text(message))
    return mail
