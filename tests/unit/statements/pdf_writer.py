"""PDF documents for tests, written operator by operator (ISO 32000-1, 7.3, 7.5, 9.4).

Just enough: one font of the fourteen that every reader has, text at places, several pages. The
golden documents in ``tests/golden/pdf`` are made by running this file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "golden" / "pdf"

# Advance widths of Helvetica in thousandths of the size (Adobe's font metrics).
_WIDTHS = {
    **dict.fromkeys("0123456789", 556),
    **dict.fromkeys(".,: /", 278),
    "-": 333,
    "(": 333,
    ")": 333,
    "S": 667,
    "H": 722,
    "C": 722,
    "D": 722,
    "R": 722,
    "+": 584,
    "$": 556,
    "\u00a3": 556,
    "\u20ac": 556,
}
WIDTH_OTHER = 556


def width_of(text: str, size: float) -> float:
    return sum(_WIDTHS.get(character, WIDTH_OTHER) for character in text) * size / 1000


@dataclass
class Page:
    """Texts at places: x from the left, y from the top, in points of an A4 page."""

    operators: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, size: float = 9) -> None:
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self.operators.append(f"BT /A {size} Tf 1 0 0 1 {x:.2f} {842 - y:.2f} Tm ({escaped}) Tj ET")

    def right(self, x: float, y: float, text: str, size: float = 9) -> None:
        self.text(x - width_of(text, size), y, text, size)


def document(pages: list[Page], *, rotate: int = 0, encrypted: bool = False) -> bytes:
    """Return a PDF with these pages."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        content = "\n".join(page.operators).encode("cp1252")
        objects += [
            (
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate {rotate} "
                f"/Contents {5 + 2 * number} 0 R /Resources << /Font << /A 3 0 R >> >> >>"
            ).encode(),
            b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        ]
    trailer = f"/Size {len(objects) + 1} /Root 1 0 R"
    if encrypted:
        # A password nobody knows: the check value of the standard handler (7.6.3) never fits.
        trailer += (
            f" /Encrypt << /Filter /Standard /V 1 /R 2 /O <{'11' * 32}> /U <{'22' * 32}> /P -4 >>"
            " /ID [<33> <33>]"
        )
    return assembled(objects, trailer)


def assembled(objects: list[bytes], trailer: str) -> bytes:
    """Return a PDF of numbered objects, the first being the catalogue."""
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += f"trailer\n<< {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def british(*, closing: str = "1,640.51", running: bool = True) -> bytes:
    """A British account: dates once a day, paid in and out, two pages, balances carried over."""
    first = Page()
    first.text(40, 50, "Harbour Bank plc", 14)
    first.text(40, 80, "Account number: 12345678")
    first.text(300, 80, "Sort code: 20-00-00")
    first.text(40, 95, "Statement period: 1 March 2024 to 31 March 2024")
    first.text(40, 110, "Currency: GBP")

    def header(page: Page, y: float) -> None:
        page.text(40, y, "Date")
        page.text(110, y, "Description")
        page.right(400, y, "Paid out")
        page.right(470, y, "Paid in")
        page.right(545, y, "Balance")

    def row(page: Page, y: float, date: str, text: str, out: str, in_: str, balance: str) -> None:
        page.text(40, y, date)
        page.text(110, y, text)
        page.right(400, y, out)
        page.right(470, y, in_)
        page.right(545, y, balance if running else "")

    header(first, 150)
    first.text(110, 165, "Balance brought forward")
    first.right(545, 165, "1,000.00")
    row(first, 180, "1 Mar 2024", "CARD PAYMENT", "12.50", "", "")
    first.text(110, 191, "TESCO STORES 2041 LONDON")
    row(first, 205, "", "DIRECT DEBIT WATER BOARD", "101.99", "", "885.51")
    row(first, 220, "4 Mar 2024", "FASTER PAYMENT J SMITH", "", "800.00", "1,685.51")
    first.text(110, 240, "Balance carried forward")
    first.right(545, 240, "1,685.51")
    first.text(40, 800, "Harbour Bank plc is authorised by nobody in particular. Page 1 of 2")
    second = Page()
    second.text(40, 50, "Harbour Bank plc", 14)
    second.text(40, 80, "Account number: 12345678")
    header(second, 120)
    second.text(110, 135, "Balance brought forward")
    second.right(545, 135, "1,685.51")
    row(second, 150, "28 Mar 2024", "CASH MACHINE HIGH STREET", "45.00", "", closing)
    second.text(110, 170, "Closing balance")
    second.right(545, 170, closing)
    second.text(40, 800, "Page 2 of 2")
    return document([first, second])


def german() -> bytes:
    """A German account: dates without year, a value date, S and H marks, several lines a row."""
    page = Page()
    page.text(40, 50, "Stadtsparkasse Hafenstadt", 14)
    page.text(40, 75, "IBAN: DE89 3704 0044 0532 0130 00   BIC: HAFEDE21XXX")
    page.text(40, 90, "Kontoauszug Nr. 3 vom 01.03.2024 bis 31.03.2024   Kontow\u00e4hrung: EUR")
    y = 130
    page.text(40, y, "Buchung")
    page.text(90, y, "Wert")
    page.text(140, y, "Verwendungszweck")
    page.right(545, y, "Betrag EUR")
    page.text(140, 145, "Alter Kontostand vom 29.02.2024")
    page.right(545, 145, "2.500,00 H")
    rows = [
        ("01.03.", "01.03.", ["MIETE M\u00c4RZ", "Hausverwaltung Kr\u00fcger GmbH"], "1.234,56 S"),
        ("05.03.", "04.03.", ["GEHALT", "ACME GMBH", "EREF+G-2024-03"], "3.500,00 H"),
        ("28.03.", "29.03.", ["KARTENZAHLUNG KAFFEEHAUS"], "4,50 S"),
    ]
    y = 162
    for booked, value, texts, amount in rows:
        page.text(40, y, booked)
        page.text(90, y, value)
        page.right(545, y, amount)
        for text in texts:
            page.text(140, y, text)
            y += 11
        y += 6
    page.text(140, y + 6, "Neuer Kontostand vom 31.03.2024")
    page.right(545, y + 6, "4.760,94 H")
    page.text(40, 800, "Seite 1 von 1")
    return document([page])


def american() -> bytes:
    """An American account: deposits and withdrawals in sections of their own, a summary on top."""
    page = Page()
    page.text(40, 50, "First Harbor Bank, N.A.", 14)
    page.text(40, 75, "Account Number: 000123456789")
    page.text(40, 90, "March 1, 2024 through March 31, 2024")
    page.text(40, 120, "CHECKING SUMMARY", 11)
    for y, label, amount in (
        (135, "Beginning Balance", "$1,000.00"),
        (147, "Deposits and Additions", "2,500.00"),
        (159, "Electronic Withdrawals", "-160.25"),
        (171, "Ending Balance", "$3,339.75"),
    ):
        page.text(40, y, label)
        page.right(300, y, amount)
    sections = [
        ("DEPOSITS AND ADDITIONS", [("03/04", "PAYROLL ACME INC", "2,500.00")], "2,500.00"),
        (
            "ELECTRONIC WITHDRAWALS",
            [("03/05", "CITY POWER AND LIGHT", "110.25"), ("03/18", "GYM MEMBERSHIP", "50.00")],
            "160.25",
        ),
    ]
    y = 200.0
    for title, rows, total in sections:
        page.text(40, y, title, 11)
        page.text(40, y + 16, "DATE")
        page.text(100, y + 16, "DESCRIPTION")
        page.right(545, y + 16, "AMOUNT")
        y += 30
        for date, text, amount in rows:
            page.text(40, y, date)
            page.text(100, y, text)
            page.right(545, y, amount)
            y += 12
        page.text(40, y, f"Total {title.title()}")
        page.right(545, y, f"${total}")
        y += 30
    page.text(40, y, "DAILY ENDING BALANCE", 11)
    page.text(40, y + 16, "DATE")
    page.right(200, y + 16, "AMOUNT")
    for number, (date, amount) in enumerate(
        [("03/04", "$3,500.00"), ("03/05", "3,389.75"), ("03/18", "3,339.75")]
    ):
        page.text(40, y + 28 + 12 * number, date)
        page.right(200, y + 28 + 12 * number, amount)
    return document([page])


def french_newest_first() -> bytes:
    """A French account, newest movement first, with a running balance and no stated balances."""
    page = Page()
    page.text(40, 50, "Banque du Port", 14)
    page.text(40, 75, "IBAN : FR76 3000 6000 0112 3456 7890 189")
    page.text(40, 110, "Date")
    page.text(110, 110, "Libell\u00e9")
    page.right(380, 110, "D\u00e9bit")
    page.right(450, 110, "Cr\u00e9dit")
    page.right(545, 110, "Solde EUR")
    for number, (date, text, debit, credit, balance) in enumerate(
        [
            ("28/03/2024", "CARTE CAF\u00c9 DU PORT", "4,50", "", "1 484,94"),
            ("15/03/2024", "VIREMENT ACME SARL", "", "1 500,00", "1 489,44"),
            ("02/03/2024", "PR\u00c9L\u00c8VEMENT EDF", "110,56", "", "-10,56"),
        ]
    ):
        y = 125 + 14 * number
        page.text(40, y, date)
        page.text(110, y, text)
        page.right(380, y, debit)
        page.right(450, y, credit)
        page.right(545, y, balance)
    return document([page])


def amounts_last() -> bytes:
    """Movements of several lines with the amount on the last, as some British banks print them."""
    page = Page()
    page.text(40, 50, "Account number: 87654321")
    page.text(40, 65, "Statement from 01 May 2024 to 31 May 2024")
    page.text(40, 100, "Date")
    page.text(100, 100, "Payment type and details")
    page.right(400, 100, "Paid out")
    page.right(470, 100, "Paid in")
    page.right(545, 100, "Balance GBP")
    page.text(100, 115, "Opening balance")
    page.right(545, 115, "250.00")
    y = 130
    for date, texts, out, in_, balance in [
        ("02 May", ["VIS GREENGROCER", "LEEDS"], "23.45", "", ""),
        ("", ["DD  COUNCIL TAX"], "100.00", "", "126.55"),
        ("09 May", ["CR  J JONES", "RENT MAY", "REF 77"], "", "400.00", "526.55"),
    ]:
        page.text(40, y, date)
        for text in texts:
            page.text(100, y, text)
            y += 11
        page.right(400, y - 11, out)
        page.right(470, y - 11, in_)
        page.right(545, y - 11, balance)
    page.text(100, y + 5, "Closing balance")
    page.right(545, y + 5, "526.55")
    return document([page])


def scanned() -> bytes:
    """A page with nothing on it but, presumably, a picture."""
    return document([Page()])


def nothing_to_prove() -> bytes:
    """A table without any balance."""
    page = Page()
    page.text(40, 50, "Date")
    page.text(110, 50, "Description")
    page.right(400, 50, "Amount")
    page.text(40, 65, "2024-03-01")
    page.text(110, 65, "COFFEE")
    page.right(400, 65, "-4.50")
    return document([page])


GOLDENS = {
    "british_two_pages.pdf": british,
    "german_marks_and_short_dates.pdf": german,
    "american_sections.pdf": american,
    "french_newest_first.pdf": french_newest_first,
    "british_amounts_on_last_line.pdf": amounts_last,
    "refused_scanned.pdf": scanned,
    "refused_nothing_to_prove.pdf": nothing_to_prove,
    "refused_does_not_tie.pdf": lambda: british(closing="1,640.15"),
}


if __name__ == "__main__":
    for name, make in GOLDENS.items():
        (FOLDER / name).write_bytes(make())
