"""What helps a tutor in the interview: target ideas by area, example questions, and a checklist.

A school may write its own in a TOML file with the same three parts.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sims_sync.errors import ConfigProblem, ConfigurationError

AREA_CHARACTERS = 40

_Line = Annotated[str, Field(min_length=1, max_length=300)]
_Area = Annotated[str, Field(min_length=1, max_length=AREA_CHARACTERS)]


class Ideas(BaseModel):
    """The second sheet: area → ideas of targets (the areas are the drop-down), questions, and the checklist."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    targets: Mapping[_Area, tuple[_Line, ...]] = Field(min_length=1)
    questions: tuple[_Line, ...] = ()
    checklist: tuple[_Line, ...] = ()

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas, in their order."""
        return tuple(self.targets)


DEFAULT_IDEAS = Ideas(
    targets={
        "Attendance and punctuality": (
            "Be in tutor time by 8.40 every day for the next four weeks",
            "Reach each lesson within five minutes of the bell, all week",
            "Catch up on every missed lesson within a week of coming back",
        ),
        "Organisation": (
            "Pack the bag the evening before, with a list on the door",
            "Write every homework into the planner in the lesson it is set",
            "Bring pen, calculator and reading book to school every day",
        ),
        "Homework": (
            "Hand in every piece of maths homework on the day it is due",
            "Do homework on the evening it is set, at least three times a week",
            "Ask the teacher about unclear homework before the day it is due",
        ),
        "Work in lessons": (
            "Ask or answer at least one question in each English lesson",
            "Finish the first task of every lesson without a reminder",
            "Sit where it is easiest to work, and stay with the task",
        ),
        "Acting on feedback": (
            "Act on one comment from marked work in every subject each week",
            "Correct every spelling that is marked, and use it again",
            "Redo one answer after each test until it gets full marks",
        ),
        "Reading and writing": (
            "Read for twenty minutes on at least four evenings a week",
            "Finish two library books by the end of the half term",
            "Check each long answer for capitals and full stops before handing it in",
        ),
        "Revision": (
            "Make one page of notes for each science topic in the week it ends",
            "Test myself with flash cards for ten minutes on five days a week",
            "Follow a revision timetable for three weeks, and change what does not work",
        ),
        "A subject": (
            "Go to the maths club on Tuesdays until the next assessment",
            "Learn ten new French words a week and be tested on Fridays",
            "Practise the steps of long division until eight of ten are right",
        ),
        "School life": (
            "Try one club for at least four weeks",
            "Take on one job for the tutor group this half term",
            "Speak once in a house or tutor group assembly",
        ),
        "Next steps": (
            "Find out what two courses or jobs of interest ask for",
            "Talk to one subject teacher about options before the deadline",
            "Write a first draft of a personal statement of half a page",
        ),
    },
    questions=(
        "What has gone well since we last met? How do you know?",
        "Which of your last targets did you reach? What helped?",
        "What got in the way, and what could you do differently?",
        "Look at your data: what surprises you?",
        "In which lesson do you learn best? What is different there?",
        "What is the one thing that would make the biggest difference this half term?",
        "How will we both see that you have done it?",
        "What will you do first, and when?",
        "Who can help, and how will you ask them?",
        "How sure are you, from 1 to 10, that you can do this? What would make it one more?",
    ),
    checklist=(
        "Before: look at the academic data and at the last targets.",
        "Find a place where you can talk without being overheard.",
        "Begin with what went well.",
        "Review each earlier target: choose an outcome, and say what shows it.",
        "Agree one to three new targets, or write why there is no new one.",
        "Put each target into the student's own words: what, how often, until when.",
        "Agree how you will both see that it is reached, and what helps.",
        "Write nothing sensitive: tell it to the Head of House, or the safeguarding lead, in person.",
        "Read out what you have written: the student and parents can see it.",
        "Choose yes under Submitted. Save, and hand the workbook in.",
    ),
)


def read_ideas(path: Path) -> Ideas:
    """The school's own ideas: TOML with a table `[targets]` (area = list of ideas), `questions` and `checklist`.

    Raises:
        ConfigurationError: the file cannot be read, or everything that is wrong in it.
    """
    try:
        return Ideas.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))  # Notepad writes a BOM
    except OSError:
        problems = [ConfigProblem(str(path), "cannot be read.", "Check the path and the rights.")]
    except UnicodeDecodeError:
        problems = [ConfigProblem(str(path), "is not UTF-8.", "Save it again with the encoding UTF-8.")]
    except tomllib.TOMLDecodeError as error:
        problems = [ConfigProblem(str(path), f"is not valid TOML: {error}.", "Correct it there.")]
    except ValidationError as error:
        problems = [
            ConfigProblem(f"{path}: {'.'.join(str(part) for part in item['loc'])}", f"{item['msg']}.", "Correct it.")
            for item in error.errors(include_url=False, include_input=False)
        ]
    raise ConfigurationError(problems)
