"""Mail: written in the transaction that causes it, sent by the worker, kept with what became of it."""

from kit.mail.models import MailMessage, MailWording, State
from kit.mail.outbox import SEND, queue, register, send_again, sender
from kit.mail.post_book import MailQuery, mail_with_id, mails
from kit.mail.smtp import Enclosure, Letter, Mailer, MailRefused, SmtpMailer
from kit.mail.standing import held_up
from kit.mail.writing import Address, Letterhead

__all__ = [
    "SEND",
    "Address",
    "Enclosure",
    "Letter",
    "Letterhead",
    "MailMessage",
    "MailQuery",
    "MailRefused",
    "MailWording",
    "Mailer",
    "SmtpMailer",
    "State",
    "held_up",
    "mail_with_id",
    "mails",
    "queue",
    "register",
    "send_again",
    "sender",
]
