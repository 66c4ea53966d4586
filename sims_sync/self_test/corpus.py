"""Which exports are tried, and with which exit code must the run of each end? docs/self-test.md is this table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sims_sync.outcome import EXIT_CODES, Ending
from sims_sync.records import Kind
from sims_sync.self_test import broken, foreign, good, wrong
from sims_sync.self_test.school import InventedSchool

DONE = EXIT_CODES[Ending.DONE]
FAILED = EXIT_CODES[Ending.FAILED]
HELD = EXIT_CODES[Ending.HELD]
STOPPED = EXIT_CODES[Ending.STOPPED]
A_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Export:
    """One file: how it is made, of which kind its folder is, how its run must end, and how old it is by then.

    `sentences`: how many are said of it, 0 or 1.
    """

    make: Callable[[InventedSchool], bytes]
    code: int = STOPPED
    kind: Kind = Kind.STUDENTS
    suffix: str = "xml"
    minutes_old: int = 30
    sentences: int = 1

    @property
    def name(self) -> str:
        """Its name in the table: "cut-within-tag"."""
        return self.make.__name__.replace("_", "-")

    @property
    def description(self) -> str:
        """What is odd about it, in one sentence."""
        return (self.make.__doc__ or "").strip()

    @property
    def file_name(self) -> str:
        """The file's name in its folder."""
        return f"{self.kind.value}.{self.suffix}"


CORPUS: Sequence[Export] = (
    Export(broken.empty),
    Export(broken.blank, suffix="csv"),
    Export(wrong.no_records),
    Export(wrong.header_only, suffix="csv"),
    Export(wrong.empty_workbook, suffix="xlsx"),
    Export(broken.cut_at_5_percent),
    Export(broken.cut_at_15_percent),
    Export(broken.cut_at_35_percent),
    Export(broken.cut_at_60_percent),
    Export(broken.cut_at_95_percent),
    Export(broken.cut_within_declaration),
    Export(broken.cut_within_tag),
    Export(broken.cut_within_value),
    Export(broken.cut_within_entity),
    Export(broken.cut_within_character),
    Export(broken.cut_between_records),
    Export(broken.cut_before_closing_tag),
    Export(broken.cut_within_closing_tag),
    Export(broken.still_being_written, DONE, minutes_old=1),
    Export(broken.entries_cut, kind=Kind.MENTORING_ENTRIES),
    Export(broken.results_cut, kind=Kind.RESULTS),
    Export(broken.csv_cut_within_last_line, suffix="csv"),
    Export(broken.csv_cut_within_last_cell, suffix="csv"),
    Export(broken.csv_with_open_quotation_mark, suffix="csv"),
    Export(broken.csv_with_short_rows, suffix="csv"),
    Export(broken.nul_bytes_at_end),
    Export(broken.nul_byte_in_value),
    Export(broken.csv_with_nul_byte, suffix="csv"),
    Export(broken.undeclared_encoding),
    Export(broken.declares_windows_but_is_utf8),
    Export(broken.declares_ascii_but_is_utf8),
    Export(broken.declares_utf16_but_is_utf8),
    Export(broken.declares_unknown_encoding),
    Export(broken.csv_in_mixed_encodings, suffix="csv"),
    Export(broken.csv_in_utf16, suffix="csv"),
    Export(broken.byte_order_mark_within_tag),
    Export(broken.two_exports_joined),
    Export(wrong.joined_csv, HELD, suffix="csv"),
    Export(broken.damaged_workbook, suffix="xlsx"),
    Export(broken.cut_workbook, suffix="xlsx"),
    Export(foreign.error_message, FAILED),
    Export(foreign.log_in_page),
    Export(foreign.log_in_page_without_doctype),
    Export(foreign.other_xml),
    Export(foreign.prose, suffix="csv"),
    Export(foreign.document_type),
    Export(foreign.entity_bomb),
    Export(foreign.external_entity),
    Export(foreign.undeclared_entity),
    Export(foreign.huge_field),
    Export(foreign.huge_csv_cell, suffix="csv"),
    Export(foreign.deep_nesting),
    Export(foreign.zip_bomb, suffix="xlsx"),
    Export(foreign.far_cell, suffix="xlsx"),
    Export(foreign.old_workbook, suffix="xlsx"),
    Export(foreign.pdf, suffix="csv"),
    Export(foreign.empty_zip, suffix="xlsx"),
    Export(foreign.report_within_report),
    Export(wrong.staff_as_students),
    Export(wrong.results_as_students),
    Export(wrong.students_as_entries, kind=Kind.MENTORING_ENTRIES),
    Export(wrong.other_school),
    Export(wrong.other_school_without_number),
    Export(wrong.other_school_staff, kind=Kind.STAFF),
    Export(wrong.other_school_groups, kind=Kind.TUTOR_GROUPS),
    Export(wrong.other_school_entries, kind=Kind.MENTORING_ENTRIES),
    Export(wrong.results_of_unknown_students, kind=Kind.RESULTS),
    Export(wrong.older_students, minutes_old=A_DAY_MINUTES),
    Export(wrong.older_entries, kind=Kind.MENTORING_ENTRIES, minutes_old=A_DAY_MINUTES),
    Export(wrong.third_of_students_gone, HELD),
    Export(wrong.half_of_students_gone, HELD),
    Export(wrong.most_students_gone, HELD),
    Export(wrong.whole_group_gone, HELD),
    Export(wrong.most_staff_gone, HELD, kind=Kind.STAFF),
    Export(wrong.most_groups_gone, HELD, kind=Kind.TUTOR_GROUPS),
    Export(wrong.ids_gone),
    Export(wrong.ids_blank, suffix="csv"),
    Export(wrong.same_id_for_all),
    Export(wrong.ids_clash),
    Export(wrong.few_ids_clash, HELD),
    Export(wrong.surname_missing),
    Export(wrong.year_missing),
    Export(wrong.year_blank, suffix="csv"),
    Export(wrong.group_missing),
    Export(wrong.group_blank, suffix="csv"),
    Export(wrong.house_silent),
    Export(wrong.enrolment_silent),
    Export(wrong.surname_and_group_swapped),
    Export(wrong.ids_swapped),
    Export(wrong.columns_shifted, suffix="csv"),
    Export(wrong.one_group_for_all),
    Export(wrong.all_a_year_older),
    Export(wrong.all_guests),
    Export(wrong.all_left),
    Export(wrong.formulas_never_calculated, suffix="xlsx"),
    Export(wrong.staff_names_swapped, kind=Kind.STAFF),
    Export(wrong.tutors_changed, kind=Kind.TUTOR_GROUPS),
    Export(wrong.tutors_missing, kind=Kind.TUTOR_GROUPS),
    Export(wrong.tutors_blank, kind=Kind.TUTOR_GROUPS, suffix="csv"),
    Export(wrong.entries_lost, kind=Kind.MENTORING_ENTRIES),
    Export(wrong.entries_without_text, kind=Kind.MENTORING_ENTRIES),
    Export(wrong.entries_with_blank_text, kind=Kind.MENTORING_ENTRIES, suffix="csv"),
    Export(wrong.entries_without_when, kind=Kind.MENTORING_ENTRIES),
    Export(wrong.entries_with_bad_dates, kind=Kind.MENTORING_ENTRIES),
    Export(wrong.entries_cut_to_ten_characters, kind=Kind.MENTORING_ENTRIES),
    Export(wrong.entries_of_one_student, kind=Kind.MENTORING_ENTRIES),
    Export(wrong.results_without_values, kind=Kind.RESULTS),
    Export(wrong.results_lost, kind=Kind.RESULTS),
)


def _good(make: Callable[[InventedSchool], bytes], kind: Kind = Kind.STUDENTS, suffix: str = "xml") -> Export:
    return Export(make, DONE, kind, suffix, sentences=0)


GOOD: Sequence[Export] = (
    _good(good.read_again),
    _good(good.with_schema),
    _good(good.byte_order_mark),
    _good(good.utf16),
    _good(good.windows_1252),
    _good(good.comments),
    _good(good.exact_duplicates),
    _good(good.new_column),
    _good(good.rows_in_other_order),
    _good(good.csv_utf8, suffix="csv"),
    _good(good.csv_windows_1252, suffix="csv"),
    _good(good.csv_with_semicolons, suffix="csv"),
    _good(good.csv_with_byte_order_marks, suffix="csv"),
    _good(good.csv_named_xml),
    _good(good.plain_workbook, suffix="xlsx"),
    _good(good.workbook_with_formulas, suffix="xlsx"),
    _good(good.workbook_named_csv, suffix="csv"),
    _good(good.fewer_entries, kind=Kind.MENTORING_ENTRIES),
    _good(good.fewer_results, kind=Kind.RESULTS),
)
