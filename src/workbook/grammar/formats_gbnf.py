"""The formats of JSON strings that a GBNF grammar can say, exactly or a little less than the standard admits.

Dates with the right number of days in every month, leap years included, from the year 1000 on; times with seconds
and an offset, as RFC 3339 wants them. Leaves out the formats whose grammars are long (``uri``, ``ipv6``) or are none
(``regex``). Every terminal is one character: of two literals that begin alike, llguidance follows the longer only.
"""

from __future__ import annotations

_HOUR = '("2" [0-3] | [01] [0-9])'
_SIXTY = "[0-5] [0-9]"
_MONTHS = (
    '("0" [13578] | "1" [02]) "-" ("0" [1-9] | [12] [0-9] | "3" [01])',
    '("0" [469] | "1" "1") "-" ("0" [1-9] | [12] [0-9] | "3" "0")',
    '"0" "2" "-" ("0" [1-9] | "1" [0-9] | "2" [0-8])',
)
"""Month and day: the months of 31 days, those of 30, and February."""
_FOURTHS = "([2468] [048] | [13579] [26])"
"""Two digits that four divides, the first of them no zero."""
_LEAP = f'({_FOURTHS} "0" "0" | [1-9] [0-9] ("0" [48] | {_FOURTHS}))'
_DATE = f'([1-9] [0-9]{{3}} "-" ({" | ".join(_MONTHS)}) | {_LEAP} "-" "0" "2" "-" "2" "9")'
_TIME = f'{_HOUR} ":" {_SIXTY} ":" {_SIXTY} ("." [0-9]{{1,6}})? ("Z" | [\\x2b\\x2d] {_HOUR} ":" {_SIXTY})'
_ATOM = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~\\x2d]+"
_LABEL = "[a-zA-Z0-9] ([a-zA-Z0-9\\x2d]{0,61} [a-zA-Z0-9])?"
_OCTET = '("2" "5" [0-5] | "2" [0-4] [0-9] | "1" [0-9] [0-9] | [1-9]? [0-9])'
_HEX = "[0-9a-fA-F]"

FORMATS: dict[str, str] = {
    "date": _DATE,
    "time": _TIME,
    "date-time": f'{_DATE} "T" {_TIME}',
    "email": f'{_ATOM} ("." {_ATOM})* "@" {_LABEL} ("." {_LABEL})*',
    "ipv4": f'{_OCTET} ("." {_OCTET}){{3}}',
    "uuid": " ".join(f"{_HEX}{{{count}}}" + (' "-"' if count < 12 else "") for count in (8, 4, 4, 4, 12)),
}
"""A GBNF expression for each, without the quotes."""
