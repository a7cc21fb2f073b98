"""What takes a while to find out, and is therefore done by a worker."""

from __future__ import annotations

from pymacaron.models import MailReport
from shop.mails import list_mails


def report_mails() -> MailReport:
    mails = list_mails()
    report = MailReport(mails=len(mails), customers=len({mail.to.lower() for mail in mails}))
    if mails:
        report.latest = max(mail.sent_at for mail in mails)
    return report
