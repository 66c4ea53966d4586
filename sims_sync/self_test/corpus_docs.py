"""The page docs/self-test.md: the corpus as a table. A test holds the page equal to `self_test_docs`."""

from collections.abc import Sequence

from sims_sync.self_test.corpus import CORPUS, GOOD, Export

_INTRODUCTION = """\
# Self-test: bad exports that must do no harm

<!-- Written from sims_sync/self_test/corpus.py: change that, then write this page anew. A test holds both equal. -->

```
sims-sync check --self-test
```

tries every file below on this computer: it makes an invented school in a temporary folder with a store of its own,
reads it well, and then reads each bad file the way a real export is read. It needs no configuration, touches nothing of
yours, and takes about half a minute. It prints one line for each file and ends with exit code 0 when each of them

- removed nothing, and wrote nothing into students, staff, groups, roles, results and entries;
- brought no tutor into the report, and no further student of theirs;
- said exactly one sentence with what happened and what to do, without quoting the file;
- ended with the exit code of this table, and was set aside in `failed` or `done`.

Exit code 1: at least one did not. Then do not use this installation; reinstall it, and report the lines marked ✖.

Exit codes of a run: 0 done · 1 failed · 3 done, something held · 4 stopped, nothing applied.
"""
_GOOD = """\
These look odd and are good: they must read well, change nothing, and need nothing to be said.
"""


def self_test_docs() -> str:
    """The whole page."""
    return "\n".join(
        [
            _INTRODUCTION,
            f"## {len(CORPUS)} bad files\n",
            *_table(CORPUS),
            "",
            f"## {len(GOOD)} good ones\n",
            _GOOD,
            *_table(GOOD),
            "",
        ]
    )


def _table(exports: Sequence[Export]) -> list[str]:
    head = ["| file | kind | as | what is odd | exit code |", "|---|---|---|---|--:|"]
    return head + [
        f"| {each.name} | {each.kind.value.replace('_', ' ')} | .{each.suffix} | {each.description} | {each.code} |"
        for each in exports
    ]
