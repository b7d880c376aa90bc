"""Days: ISO 8601 in its usual spellings is read, everything else is named."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.ingest.dates import to_day

DAY = "2021-05-03"


@pytest.mark.parametrize(
    "value",
    [
        DAY, f" {DAY} ", "20210503", f"{DAY}T10:00:00Z", f"{DAY}T10:00:00.123456789Z", f"{DAY} 10:00:00",
        f"{DAY}T10:00:00+02:00", f"{DAY}T23:30:00-0500", f"{DAY} 10:00:00 +0200", f"{DAY} 10:00:00,5",
        f"{DAY}T10:00", "20210503T100000Z",
        f"{DAY}T24:00:00", f"{DAY}T23:59:60Z", f"{DAY}t10:00:00z", f"{DAY} 10:00:00 UTC", f"{DAY}T00:00:00.000+00",
        datetime.date(2021, 5, 3), datetime.datetime(2021, 5, 3, 23, 59), 
    ],
)  # fmt: skip
def test_iso_is_read(value: object) -> None:
    assert to_day(value) == (DAY, None)


@pytest.mark.parametrize(
    "value",
    [
        "3 May 2021", "03/05/2021", "5/3/21", "Mon, 03 May 2021 10:00:00 GMT", "2021-05", "2021", "2021-5-3",
        1620036000, "1620036000", "2021-05-03T25:00", "2021-05-03T10:61", "2021-05-03 10 h",
        "2021-05-03junk", "٢٠٢١-٠٥-٠٣", "2021-0503", True, [DAY],
    ],
)  # fmt: skip
def test_other_spellings_are_named_with_the_cure(value: object) -> None:
    day, problem = to_day(value)
    assert day is None
    assert problem is not None
    assert "expected YYYY-MM-DD or an ISO date-time" in problem
    assert "date= in --columns" in problem


@pytest.mark.parametrize("value", ["2021-02-29", "2021-13-01", "0000-00-00", "20210230T100000Z"])
def test_days_that_do_not_exist(value: str) -> None:
    assert "a day that exists" in str(to_day(value)[1])


@given(st.datetimes(timezones=st.none() | st.timezones()))
def test_what_python_writes_is_read(moment: datetime.datetime) -> None:
    day = moment.date().isoformat()
    assert to_day(moment) == to_day(moment.date()) == (day, None)
    offset = moment.utcoffset()
    if offset is None or offset.total_seconds() % 60 == 0:
        assert to_day(moment.isoformat()) == to_day(moment.isoformat(" ", "milliseconds")) == (day, None)
