"""Power logs of any length: days of the simulated campaign of vision-inference, one after the other."""

import datetime
import os
from pathlib import Path

# The day of the campaign, in the log and in the windows.
DAY = datetime.date(2020, 8, 7)
# Days to a unit of scale: a log of 10 MB, with 450 windows.
DAYS = 15


def write(campaign, scale, in_order, folder):
    """Writes `log.csv` and `windows.csv`.

    The log is in the order of its times, or in one like that of the simulated log: the last two thirds first, and
    within a day again.
    """
    logs = Path(campaign) / "logs"
    header, rows = (logs / "power_reading_2.csv").read_bytes().split(b"\n", 1)
    windows_header, windows = (logs / "pm.csv").read_bytes().split(b"\n", 1)
    if in_order:
        rows = ordered(rows)
    days = [DAY + datetime.timedelta(days=day) for day in range(DAYS * scale)]
    third = 0 if in_order else len(days) // 3
    name = str(DAY).encode()
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "log.csv", "wb", buffering=1 << 22) as log:
        log.write(header + b"\n")
        for day in days[third:] + days[:third]:
            log.write(rows.replace(name, str(day).encode()))
        # What is still on its way to the disk would slow down who writes next.
        os.fsync(log.fileno())
    with open(folder / "windows.csv", "wb") as log:
        log.write(windows_header + b"\n")
        for day in days:
            log.write(windows.replace(name, str(day).encode()))


def ordered(rows):
    """The rows by their times; one whose time cannot be read stays behind the row that it follows."""
    keyed, last = [], b""
    for row in rows.splitlines(keepends=True):
        time = row.split(b",", 1)[0]
        if time.startswith(b"20") and time[11:13] < b"24":
            last = time
        keyed.append((last, row))
    return b"".join(row for _, row in sorted(keyed, key=lambda pair: pair[0]))
