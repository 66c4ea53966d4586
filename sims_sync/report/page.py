"""How the report looks as one self-contained page: nothing loaded from elsewhere, readable in grey and on a phone."""

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from sims_sync.report import trend, wording
from sims_sync.report.ready_to_send import ready_to_send
from sims_sync.report.summary import ComplianceSummary, Section, whole_school

TEMPLATES = Environment(
    loader=PackageLoader("sims_sync.report"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",)),
    undefined=StrictUndefined,  # a placeholder that does not resolve is an error, never a gap in a report
    trim_blocks=True,
    lstrip_blocks=True,
)
TABLE_SECTIONS = (Section.CONVERSATION, Section.NEARLY_THERE, Section.NOBODY_NAMED, Section.UNDER_WAY)


def render_html(summary: ComplianceSummary) -> str:
    """The whole page, UTF-8 when written; names of students only where the summary holds them."""
    template = TEMPLATES.get_template("report.html.j2")
    shown = {"summary": summary, "w": wording, "Section": Section, "table_sections": TABLE_SECTIONS}
    return template.render(**shown, trend=trend, ready=ready_to_send, whole_school=whole_school(summary)) + "\n"
