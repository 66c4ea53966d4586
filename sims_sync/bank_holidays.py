"""Which days are bank holidays in England?"""

from datetime import date
from functools import lru_cache

import holidays


@lru_cache(maxsize=32)
def england_bank_holidays(years: tuple[int, ...]) -> frozenset[date]:
    """The bank holidays of England in these calendar years, substitute days included (DOMAIN rule 1).

    An academic year spans two calendar years: name both.
    """
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=set(years)))
