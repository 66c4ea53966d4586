"""What did tutors answer, shown from five answers on, so that nobody's can be guessed (DOMAIN rule 25)?"""

from collections.abc import Iterable
from dataclasses import dataclass

FEWEST_ANSWERS = 5
LOWEST, HIGHEST = 1, 5
AGREES_FROM = 4
SCALE = "1 = not at all, 2 = hardly, 3 = partly, 4 = mostly, 5 = fully"
QUESTIONS = (
    "I had enough time for an interview with each of my students.",
    "The academic data I needed was there before the interviews.",
    "The interviews helped my students to agree targets that are useful to them.",
    "Recording targets and reviews was quick enough.",
    "I know whom to turn to when a student needs more support than I can give.",
)


@dataclass(frozen=True, slots=True)
class TutorAnswers:
    """One sheet handed in: the academic year, and a score of 1 to 5 for each question, None = left open."""

    year: str
    scores: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class QuestionShown:
    """One question's result. `answers` None = fewer than five: then there is no figure at all.

    `mean_tenths`: the mean in tenths, rounded half up (38 = 3.8); `agree_percent`: the share of 4 and 5, rounded down.
    """

    question: str
    answers: int | None = None
    mean_tenths: int | None = None
    agree_percent: int | None = None


def tutor_view(answers: Iterable[TutorAnswers], year: str) -> tuple[QuestionShown, ...]:
    """Each question's result for one academic year; empty = no sheet of that year was handed in."""
    handed_in = [each.scores for each in answers if each.year == year]
    if not handed_in:
        return ()
    return tuple(
        _shown(question, [scores[number] for scores in handed_in]) for number, question in enumerate(QUESTIONS)
    )


def _shown(question: str, scores: Iterable[int | None]) -> QuestionShown:
    given = [score for score in scores if score is not None]
    count = len(given)
    if count < FEWEST_ANSWERS:
        return QuestionShown(question)
    agree = sum(score >= AGREES_FROM for score in given)
    return QuestionShown(question, count, (20 * sum(given) + count) // (2 * count), 100 * agree // count)
