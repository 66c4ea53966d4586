"""Which days are bank holidays in England?"""

from collections.abc import Iterable
from datetime import date

import holidays


def england_bank_holidays(years: Iterable[int]) -> frozenset[date]:
    """The bank holidays of England in these calendar years, substitute days included (DOMAIN rule 1).

    An academic year spans two calendar years: name both.
    """
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=set(years)))
