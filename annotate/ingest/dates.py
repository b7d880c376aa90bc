"""The day that a cell names."""

from __future__ import annotations

import datetime
import re
from typing import Any

from annotate.printing import shorten

# 2021-05-03, 2021-05-03T10:00:00.5Z, 2021-05-03 10:00 +0200, and without marks as agencies write it: 20210503T100000Z
_ISO = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)"
    r"(?:[Tt ](?:[01]\d|2[0-4])(?::?[0-5]\d(?::?[0-5]\d(?:[.,]\d{1,12})?|:?60)?)? ?(?:[Zz]|UTC|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_CURE = "write it so, or leave it in meta by date= in --columns"


def to_day(value: Any) -> tuple[str | None, str | None]:
    """The day as YYYY-MM-DD, or None with what is wrong; the day of a date-time is that of its own zone.

    >>> to_day("2021-05-03T23:30:00.25-05:00"), to_day("20210503T100000Z"), to_day(None)
    (('2021-05-03', None), ('2021-05-03', None), (None, None))
    >>> print(to_day("3/5/2021")[1])
    date is '3/5/2021'; expected YYYY-MM-DD or an ISO date-time; write it so, or leave it in meta by date= in --columns
    """
    if value is None:
        return None, None
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, datetime.date):
        return value.isoformat(), None
    if isinstance(value, str):
        if not value.strip():
            return None, None
        if found := _ISO.fullmatch(value.strip()):
            year, _, month, day = found.groups()
            try:
                return datetime.date(int(year), int(month), int(day)).isoformat(), None
            except ValueError:
                return None, f"date is {shorten(repr(value))}; expected YYYY-MM-DD, a day that exists; {_CURE}"
    return None, f"date is {shorten(repr(value))}; expected YYYY-MM-DD or an ISO date-time; {_CURE}"
