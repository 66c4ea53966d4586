"""The nightly round: collect what was written in the lists, then write each anew, whole or not at all."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sims_sync.connector import Finding
from sims_sync.context import RunContext
from sims_sync.errors import SimsSyncError
from sims_sync.lists.answers import Answers, count_refused
from sims_sync.lists.collecting import apply, judge, written_at
from sims_sync.lists.content import Figures, ListContent, list_content
from sims_sync.lists.folders import ListKey, Places, clash_sentence, folder_fault, folder_findings, places
from sims_sync.lists.gathering import current_half_term, gather
from sims_sync.lists.lying import Found, Lying, fingerprint, look, replace_list, take_away
from sims_sync.lists.reading import ChangedCopy, read_changed
from sims_sync.lists.writing import write_list
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.report.wording import count
from sims_sync.school_year import HalfTermId
from sims_sync.store.decisions import record_audit
from sims_sync.store.written_lists import WrittenList, forget_written, load_written, save_written

CLOSE_IT = "Close it in other programs; it is tried again at the next run."


def write_lists(context: RunContext) -> Outcome:
    """Collect and write every list for which a folder is configured (`[reports.folders]`)."""
    folders = context.school.reports.folders
    if not any((folders.houses, folders.groups, folders.lead)):
        return Outcome(notes=("No list is written: [reports.folders] names no folder.",))
    if context.dry or context.rehearsal:
        return Outcome(notes=("A plan or rehearsal writes and collects no list.",))
    half_term = current_half_term(context)
    if half_term is None:
        return Outcome(notes=("No configured half term has begun yet: no list is written.",))
    return _Round(context, half_term).run()


@dataclass
class _Round:
    """One round through all folders of a school."""

    context: RunContext
    half_term: HalfTermId
    problems: list[Problem] = field(default_factory=list)
    answers: dict[ListKey, Answers] = field(default_factory=dict)
    taken: int = 0
    counts: dict[str, int] = field(default_factory=lambda: {"read": 0, "added": 0, "changed": 0, "unchanged": 0})

    def run(self) -> Outcome:
        figures = gather(self.context, self.half_term)
        with self.context.store.reading() as connection:
            written = load_written(connection, self.context.school_id)
        laid = self._laid(figures, written)
        ours = {each.fingerprint for each in written.values()}
        found = {key: look(path, ours) for key, path in laid.paths.items()}
        ready = {key for key in found if self._collect(key, laid.paths[key], found[key], written, figures)}
        if self.taken:
            figures = gather(self.context, self.half_term)
        for key, path in laid.paths.items():
            if key in ready:
                self._write(key, path, found[key], written, figures)
        if figures.whole.has_figures:
            self._clear_vanished(figures, written, {path.parent for path in laid.paths.values()})
        self._audit()
        return self._outcome()

    def _laid(self, figures: Figures, written: Mapping[str, WrittenList]) -> Places:
        """Where the lists lie. Without figures the names of houses and groups are those of the lists written so far."""
        keys = figures.list_keys()
        if not figures.whole.has_figures:
            keys = tuple(dict.fromkeys((*keys, *map(ListKey.parse, written))))
        laid = places(self.context.school, keys)
        for clash in laid.clashes:
            self._hold("list-folders", clash_sentence(clash), "Rename one of them, or correct reports.folders.")
        fit = {key: path for key, path in laid.paths.items() if folder_fault(path.parent) is None}
        unfit = [path.parent for path in laid.paths.values() if folder_fault(path.parent) is not None]
        if unfit:
            what = f"{len(unfit)} of {len(laid.paths)} folders for lists cannot be used; {unfit[0]} is one of them."
            do = "`sims-sync check` says which, and why. Make them with rights for their people and this service alone."
            self._hold("list-folder", what, do)
        return Places(fit, laid.clashes)

    def _collect(
        self, key: ListKey, path: Path, found: Found, written: Mapping[str, WrittenList], figures: Figures
    ) -> bool:
        """Take over what was written in a changed copy; whether the list may be written anew.

        One that nobody touched since it was answered is read too: its answers stay until somebody sees them.
        """
        known = written.get(str(key))
        is_answered = known is not None and known.collected == found.fingerprint
        if found.lying is Lying.ABSENT or (found.lying is Lying.UNTOUCHED and not is_answered):
            return True
        if found.lying is Lying.OUT_OF_REACH:
            self._hold("list-open", f"{path} cannot be read, or is no list.", CLOSE_IT)
            return False
        copy = self._read(key, path)
        if copy is None:
            return False
        self.counts["read"] += not is_answered
        return self._take_over(key, copy, found, known, self._figures_of(copy, figures))

    def _read(self, key: ListKey, path: Path) -> ChangedCopy | None:
        do = "Look at it; put it right or take it away, and a fresh one is written at the next run."
        try:
            copy = read_changed(path)
        except SimsSyncError as error:
            self._hold("list-unreadable", f"{path} was changed and cannot be read: {error.what}", do)
            return None
        if copy is None or (copy.marks.school, copy.marks.key) != (self.context.school_id, str(key)):
            self._hold("list-foreign", f"{path} is another file under the name of the list of {key.shown}.", do)
            return None
        return copy

    def _figures_of(self, copy: ChangedCopy, figures: Figures) -> Figures:
        """Those of the half term that the copy was for: it may have been changed on the last day before the next."""
        if copy.marks.half_term == figures.half_term:
            return figures
        try:
            return gather(self.context, HalfTermId.parse(copy.marks.half_term))
        except (ValueError, KeyError):
            return replace(figures, closed=True)

    def _take_over(
        self, key: ListKey, copy: ChangedCopy, found: Found, known: WrittenList | None, figures: Figures
    ) -> bool:
        judged = judge(copy, key, figures)
        now = self.context.now()
        already = known is not None and known.collected == found.fingerprint
        if not already:
            listed = known.written_at if known else now
            at = written_at(found.modified or now, listed, now)
            year = self.context.school_year()
            kept = known or WrittenList(str(key), "", now)
            with self.context.store.writing() as connection:
                apply(connection, judged, key, figures, at=at, noted=now, school_year=year)
                collected = replace(kept, collected=found.fingerprint, collected_at=now)
                save_written(connection, self.context.school_id, collected)
            self.taken += judged.taken
        else:
            judged.ask_again()
        self.answers[key] = judged.answers
        return True

    def _write(
        self, key: ListKey, path: Path, found: Found, written: Mapping[str, WrittenList], figures: Figures
    ) -> None:
        content = list_content(figures, key, self.answers.get(key))
        if self.answers.get(key) and found.lying is Lying.CHANGED and not content.summary.has_figures:
            what = f"{path} has cells that were not taken over, and the figures are held: it is left as it is."
            self._hold("list-waits", what, "It is answered once the figures are there again.")
            return
        made = write_list(content)
        mark = fingerprint(made)
        if mark == found.fingerprint:
            self.counts["unchanged"] += 1
            if found.lying is Lying.CHANGED:  # a run was cut off between the file and its row
                self._remember(content, mark, written)
            return
        try:
            replaced = replace_list(path, made, found)
        except OSError:
            replaced = False
        if not replaced:
            self._hold("list-open", f"{path} is open in a program, or cannot be replaced.", CLOSE_IT)
            return
        self.counts["added" if found.lying is Lying.ABSENT else "changed"] += 1
        self._remember(content, mark, written)

    def _remember(self, content: ListContent, mark: str, written: Mapping[str, WrittenList]) -> None:
        """Keep what was written; the mark under `collected` too, where it carries answers that nobody has seen yet."""
        name = content.marks.key
        known, now = written.get(name), self.context.now()
        collected_at = now if content.key in self.answers else known.collected_at if known else None
        row = WrittenList(name, mark, now, mark if content.is_answering else "", collected_at)
        with self.context.store.writing() as connection:
            save_written(connection, self.context.school_id, row)

    def _clear_vanished(self, figures: Figures, written: Mapping[str, WrittenList], in_use: Collection[Path]) -> None:
        """A house or group that is no more: its list goes too, unless somebody wrote in it."""
        there = set(figures.list_keys())
        gone = [(name, key) for name in written if (key := ListKey.parse(name)) not in there]
        laid = places(self.context.school, [key for _, key in gone])
        for name, key in gone:
            path = laid.paths.get(key)
            if path is None:
                continue  # no folder is configured for its kind any more
            if path.parent in in_use or _take_away(path, written[name].fingerprint):
                with self.context.store.writing() as connection:
                    forget_written(connection, self.context.school_id, name)
            else:
                what = f"{path} is the list of {key.shown}, which is no more, and was changed or is open."
                self._hold("list-vanished", what, "Look at it, then take it away.")

    def _audit(self) -> None:
        """They carry students' names out of the store."""
        lists = self.counts["added"] + self.counts["changed"]
        if not lists:
            return
        with self.context.store.writing() as connection:
            record_audit(
                connection,
                self.context.school_id,
                at=self.context.now(),
                who="write_lists",
                action="lists-written",
                subject=str(self.half_term),
                detail={"lists": lists},
            )

    def _hold(self, code: str, what: str, do: str) -> None:
        self.problems.append(Problem(code, what, do))

    def _outcome(self) -> Outcome:
        refused = count_refused(self.answers.values())
        notes = [f"{count(self.counts['added'] + self.counts['changed'], 'list')} written."]
        if self.counts["read"]:
            copies = count(self.counts["read"], "changed copy", "changed copies")
            notes.append(f"{copies}: {count(self.taken, 'cell')} taken over, {refused} answered.")
        ending = Ending.HELD if self.problems else Ending.DONE
        return Outcome(ending, {**self.counts, "held": refused}, tuple(self.problems), tuple(notes))


def _take_away(path: Path, ours: str) -> bool:
    """Whether the list is gone: taken away now, if nobody touched it, or before."""
    lying = look(path, (ours,)).lying
    if lying is Lying.UNTOUCHED:
        try:
            take_away(path)
        except OSError:
            return False
    return lying in {Lying.UNTOUCHED, Lying.ABSENT}


def folders_checked(context: RunContext) -> Iterator[Finding]:
    """What `check` says of the folders for lists, of every list that there is or was."""
    folders = context.school.reports.folders
    half_term = current_half_term(context)
    if not any((folders.houses, folders.groups, folders.lead)) or half_term is None:
        return
    with context.store.reading() as connection:
        written = load_written(connection, context.school_id)
    keys = (*gather(context, half_term).list_keys(), *map(ListKey.parse, written))
    yield from folder_findings(context.school, tuple(dict.fromkeys(keys)))
