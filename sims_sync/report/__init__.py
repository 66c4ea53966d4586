"""The Head of House report: one summary, pure, and the renderers that show it (DOMAIN rules 19 to 23).

`summary` says what the report holds, `wording` puts it into sentences, `text`, `page` and `exports` show it on a
terminal, as a page and as data, `mail` makes the counts-only message. `pdf` and `workbook` make files of it; they are
imported by whoever writes one, since the service that mails need not load their libraries.
"""

from sims_sync.report.exports import render_csv, render_json, render_names_csv
from sims_sync.report.mail import compose_report_mail, is_worth_sending
from sims_sync.report.page import render_html
from sims_sync.report.summary import ComplianceSummary, summarise
from sims_sync.report.text import render_text

__all__ = [
    "ComplianceSummary",
    "compose_report_mail",
    "is_worth_sending",
    "render_csv",
    "render_html",
    "render_json",
    "render_names_csv",
    "render_text",
    "summarise",
]
