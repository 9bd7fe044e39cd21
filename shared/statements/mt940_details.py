"""What field 86 of MT940 and MT942 says about one movement, in the structures banks put into it.

SWIFT leaves the field free ("Information to Account Owner", 6*65x); each country fills it its own
way. Told apart by how the text begins:

- ``166?00GUTSCHRIFT?20SVWZ+...``: three digits and a mark, then two-digit subfields. German
  (DFÜ-Abkommen, Anlage 3, chapter 8.2.6, mark ``?``, subfields EREF+ to OAMT+ inside ?20 to ?63)
  and Polish banks (marks ``^``, ``<``, ``~``; ?38 is the IBAN).
- ``/TRTP/.../IBAN/.../NAME/...``: code words between slashes (ABN AMRO, Rabobank, ING, Deutsche
  Bank NL); ING's ``/CNTP/`` holds account, BIC, name and city in one.
- ``944 PRZELEW; z rach.: ...; od: ...; tyt.: ...``: mBank.
- ``GIRO ... AUFTRAGGEBER: ... MITTEILUNGEN: ...``: PostFinance.
- ``01...`` lines of a field NS beside the movement: MultiCash.
- anything else is text, in which SEPA's ``EREF+`` words are still found.

Whatever has no field of the canonical line is kept under the bank's own name for it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from shared.statements.model import Extra

LINE_CHARS = 65
"""Width of a line of field 86 (6*65x): a full line goes on in the middle of a word, a shorter one
ended with one."""

SUBFIELD_CHARS = 27
"""Width of a German subfield, cut in the middle of a word in the same way."""

_NO_REFERENCE = ["", "NONREF", "NOTPROVIDED", "NOT PROVIDED", "NOT-PROVIDED", "NOREF", "NONE"]
PLACEHOLDERS: dict[str, None] = dict.fromkeys(
    [*_NO_REFERENCE, *map(str.lower, _NO_REFERENCE), *map(str.capitalize, _NO_REFERENCE)]
)
"""What banks write where there is no reference."""

POINTERS: dict[str, None] = PLACEHOLDERS | dict.fromkeys(
    ["EREF", "EREF+", "KREF", "KREF+", "MREF", "MREF+", "MARF", "PREF", "CREF"]
)
"""And where field 61 says no more than which reference field 86 holds."""

_SUBFIELDS = re.compile(r"(\d{0,4})([?^<~!|@#§])(?=\d\d)")
# Both patterns begin with plain letters and look back only then: that is five times as fast.
SEPA_WORD = re.compile(
    "(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|PURP|ANAM|COAM|OAMT|MTLG)"
    r"(?:(?<!MTLG)\+|(?<=MTLG):)"
)
CODE_WORDS = frozenset(
    """
    TRTP TYPE IBAN BIC NAME REMI EREF MARF CSID ORDP BENM ADDR TRCD PREF RTRN PURP CNTP ULTC ULTD
    ULTB ISDT ACCW OCMT CHGS EXCH CREF INST FEES NRTX SVCL BUSP RREF KREF ORDE ACCT CITY CTRY IREF
    NREF
    """.split()  # noqa: SIM905 - words read better as words
)
_CODE_WORD = re.compile(f"/({'|'.join(sorted(CODE_WORDS))})/")
_MBANK = re.compile(r"(\d{3}) [^;]*;.*?(?:tyt\.|rach\.|TNR|ID IPH)[ :]", re.DOTALL)
POSTFINANCE = re.compile(r"(A(?<!\wA)UFTRAGGEBER|M(?<!\wM)ITTEILUNGEN): ")
_POSTFINANCE_TAIL = re.compile(r"(.*\S) (\d{6}[A-Z]{2}\d+)", re.DOTALL)
_BELGIAN = re.compile(r"([+*]{3})(\d{3})/?(\d{4})/?(\d{5})\1")
_CREDITOR = re.compile(r"RF\d\d[A-Z0-9]{1,21}")


CREDITOR_BEGINNINGS = ("RF", "+++", "***")


class Details(NamedTuple):
    """What one movement's field 86 comes to; ``code`` is the German or Polish transaction code."""

    description: str
    counterparty: str | None = None
    counterparty_account: str | None = None
    end_to_end_id: str | None = None
    mandate_id: str | None = None
    customer_reference: str | None = None
    remittance_reference: str | None = None
    bank_reference: str | None = None
    code: str | None = None
    extra: Extra = ()


def cleaned(text: str) -> str:
    r"""Return text on one line with single spaces.

    Examples:
        >>> cleaned(" a  b\nc")
        'a b c'
    """
    return " ".join(text.split())


def unwrapped(text: str) -> str:
    r"""Return free text on one line: a line that is full goes on without a space.

    Examples:
        >>> unwrapped("x" * 65 + "\ny\nz") == "x" * 65 + "y z"
        True
    """
    if "\n" not in text:
        return text
    lines = text.split("\n")
    joined = [line if len(line) >= LINE_CHARS else line + " " for line in lines[:-1]]
    return "".join([*joined, lines[-1]])


def creditor_reference(text: str) -> str | None:
    """Return a text that is a structured creditor reference and nothing else, as it is written.

    RF (ISO 11649, check digits modulo 97) and the Belgian ``+++123/4567/89012+++`` (modulo 97 of
    the first ten digits, 97 for 0); both carry their proof, so no text is taken for one by chance.

    Examples:
        >>> creditor_reference("RF18 5390 0754 7034"), creditor_reference("RF19 5390 0754 7034")
        ('RF18539007547034', None)
        >>> creditor_reference("+++090/9337/55493+++")
        '090933755493'
    """
    if not text.startswith(CREDITOR_BEGINNINGS):
        return None
    compact = text.replace(" ", "")
    if _CREDITOR.fullmatch(compact):
        digits = "".join(str(int(one, 36)) for one in compact[4:] + compact[:4])
        return compact if int(digits) % 97 == 1 else None
    belgian = _BELGIAN.fullmatch(compact)
    if belgian:
        digits = belgian[2] + belgian[3] + belgian[4]
        return digits if (int(digits[:10]) % 97 or 97) == int(digits[10:]) else None
    return None


def placeholder_free(text: str) -> str | None:
    """Return a reference, ``None`` where the bank wrote that there is none."""
    text = cleaned(text)
    return PLACEHOLDERS.get(text, text)


class _Findings:
    """Values found so far: the first of each kind takes its field, others are kept as extra."""

    __slots__ = ("extra", "values")

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.extra: list[tuple[str, str]] = []

    def put(self, field: str, name: str, text: str) -> None:
        found = placeholder_free(text)
        if found is None:
            return
        if field in self.values:
            self.extra.append((name, found))
        else:
            self.values[field] = found

    def keep(self, name: str, text: str) -> None:
        text = cleaned(text)
        if text:
            self.extra.append((name, text))

    def result(self, description: str, code: str | None = None) -> Details:
        get = self.values.get
        description = cleaned(description)
        reference = get("remittance_reference")
        return Details(
            description,
            get("counterparty"),
            get("counterparty_account"),
            get("end_to_end_id"),
            get("mandate_id"),
            get("customer_reference"),
            reference or creditor_reference(description),
            get("bank_reference"),
            code,
            tuple(self.extra),
        )


_SEPA_FIELDS = {
    "EREF": "end_to_end_id",
    "KREF": "customer_reference",
    "MREF": "mandate_id",
    "IBAN": "counterparty_account",
    "ANAM": "counterparty",
}


def _sepa(text: str, found: _Findings) -> str:
    """Return a purpose without its ``EREF+`` words, whose values go where they belong."""
    first, *parts = SEPA_WORD.split(text)
    purpose = [first]
    for word, value in zip(parts[::2], parts[1::2], strict=True):
        if word == "SVWZ":
            purpose.append(value)
        elif word in _SEPA_FIELDS:
            found.put(_SEPA_FIELDS[word], word, value)
        else:
            found.keep(word, value)
    return " ".join(purpose)


def _run_on(parts: list[str]) -> str:
    """Return subfields as one text: a full one goes on in the middle of a word."""
    joined = [part if len(part) >= SUBFIELD_CHARS else part + " " for part in parts]
    return "".join(joined)


def _subfields(text: str, match: re.Match[str]) -> Details:
    code, mark = match[1] or None, match[2]
    found = _Findings()
    purpose: list[str] = []
    more_purpose: list[str] = []
    names: list[str] = []
    kept: dict[str, str] = {}
    for part in text[match.end() :].replace("\n", "").split(mark):
        number, value = part[:2], part[2:]
        if "20" <= number <= "29":
            purpose.append(value)
        elif "60" <= number <= "63" and len(number) == len("60"):
            more_purpose.append(value)
        elif number in {"32", "33"}:
            names.append(value)
        elif number in {"31", "38"} and number not in kept:
            kept[number] = value
        elif not number.isdecimal():
            # The mark stood inside a text: what follows it belongs to the subfield before it.
            found.keep("?", part)
        else:
            found.keep("?" + number, value)
    if cleaned(kept.get("38", "")):
        found.put("counterparty_account", "?38", kept["38"])
    found.put("counterparty_account", "?31", kept.get("31", ""))
    found.put("counterparty", "?32", _run_on(names))
    description = _sepa(_run_on(purpose + more_purpose), found)
    if not description.strip():
        description = next((value for name, value in found.extra if name == "?00"), "")
    return found.result(description, code)


CODE_FIELDS = {
    "IBAN": "counterparty_account",
    "ACCT": "counterparty_account",
    "NAME": "counterparty",
    "EREF": "end_to_end_id",
    "MARF": "mandate_id",
    "KREF": "customer_reference",
}


def _remittance(value: str, found: _Findings) -> str:
    """Return what /REMI/ says: text, or under STRD the structured reference as well."""
    kind, slash, rest = value.partition("/")
    if slash and kind == "USTD":
        return rest.strip("/")
    if slash and kind == "STRD":
        issuer, _, reference = rest.partition("/")
        found.put("remittance_reference", "STRD", reference.strip("/"))
        found.keep("STRD", issuer)
        return reference.strip("/")
    return value.strip("/")


def _code_words(text: str) -> Details:
    found = _Findings()
    first, *parts = _CODE_WORD.split(text.replace("\n", ""))
    description: list[str] = [first]
    for word, value in zip(parts[::2], parts[1::2], strict=True):
        if word == "REMI":
            description.append(_remittance(value, found))
        elif word == "CNTP":
            account, bic, name, *city = (value + "///").split("/")
            found.put("counterparty_account", "CNTP", account)
            found.keep("BIC", bic)
            found.put("counterparty", "CNTP", name)
            found.keep("CITY", " ".join(city))
        elif word in CODE_FIELDS:
            found.put(CODE_FIELDS[word], word, value.strip("/"))
        else:
            found.keep(word, value.strip("/"))
    shown = " ".join(description)
    if not shown.strip():
        shown = next((value for name, value in found.extra if name in {"TRTP", "TYPE"}), "")
    return found.result(shown)


def _mbank(text: str, code: str) -> Details:
    found = _Findings()
    first, *parts = unwrapped(text)[len(code) :].split(";")
    description = []
    for part in parts:
        key, colon, value = part.partition(":")
        key = key.strip()
        if key == "tyt." and colon:
            description.append(value)
        elif key in {"z rach.", "na rach."} and colon:
            found.put("counterparty_account", key, value)
        elif key in {"od", "dla"} and colon:
            found.put("counterparty", key, value)
        elif colon:
            found.keep(key, value)
        else:
            found.keep("86", part)
    found.keep("type", first)
    return found.result(" ".join(description) or first, code)


def _postfinance(text: str) -> Details:
    found = _Findings()
    whole = unwrapped(text)
    _, *parts = POSTFINANCE.split(whole)
    for word, value in zip(parts[::2], parts[1::2], strict=True):
        if word == "AUFTRAGGEBER":
            tail = _POSTFINANCE_TAIL.fullmatch(value.strip())
            found.put("counterparty", word, tail[1] if tail else value)
            if tail:
                found.put("bank_reference", word, tail[2])
        else:
            found.keep(word, value)
    return found.result(whole)


def read_details(text: str) -> Details:
    """Return what the text of a field 86 says, line ends as in the file.

    Examples:
        >>> read_details("166?00GUTSCHRIFT?20EREF+A1?21SVWZ+Rent May?32Jane Doe").description
        'Rent May'
        >>> read_details("/TRTP/iDEAL/NAME/Shop BV/REMI/Order 7/EREF/NOTPROVIDED").counterparty
        'Shop BV'
    """
    match = _SUBFIELDS.match(text)
    if match:
        return _subfields(text, match)
    if _CODE_WORD.match(text):
        return _code_words(text)
    mbank = _MBANK.match(text)
    if mbank:
        return _mbank(text, mbank[1])
    if POSTFINANCE.search(text):
        return _postfinance(text)
    found = _Findings()
    whole = unwrapped(text)
    if "+" in whole and SEPA_WORD.search(whole):
        return found.result(_sepa(whole, found))
    return found.result(whole)


def read_lines(text: str) -> Details:
    """Return what a field NS beside a movement says (MultiCash): a two-digit code on each line.

    01 to 14 are the purpose, 15 and 16 the other party, 17 the kind of movement.
    """
    found = _Findings()
    purpose: list[str] = []
    names: list[str] = []
    kind = ""
    for line in text.split("\n"):
        number, value = line[:2], line[2:]
        if not number.isdecimal():
            purpose.append(line)
        elif "01" <= number <= "14":
            purpose.append(value)
        elif number in {"15", "16"}:
            names.append(value)
        else:
            kind = kind or (value if number == "17" else "")
            found.keep("NS " + number, value)
    found.put("counterparty", "NS 15", " ".join(names))
    return found.result(_sepa(" ".join(purpose), found) if purpose else kind)
