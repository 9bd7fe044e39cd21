"""Files made to exhaust a reader, written when read, so that no test holds what it fights.

Each builder renders one format's shell around something hostile. A shell is a small valid file of
the format, split where entries stand: what goes in between decides what the file does.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.statements.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Pieces(io.RawIOBase):
    """A file of generated pieces, which is never there as a whole."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._held = piece
        taken = self._held[: len(buffer)]
        buffer[: len(taken)] = taken
        self._held = self._held[len(taken) :]
        return len(taken)


def source_of(pieces: Callable[[], Iterable[bytes]]) -> Source:
    """Return a source that renders its pieces anew each time it is opened."""
    return Source(lambda: io.BufferedReader(Pieces(iter(pieces())), 1024 * 1024))


@dataclass(frozen=True)
class Shell:
    """A format's small valid file: before its entries, one entry, after them.

    ``entry`` has the places ``{date}``, ``{amount}`` and ``{text}``; ``date`` and ``amount`` are
    how good ones look, ``february_30`` how the format writes a date that does not exist.
    """

    head: str
    entry: str
    tail: str
    date: str
    amount: str
    february_30: str
    point: str = "."
    """The format's decimal mark: ``1.2.3`` becomes ``1,2,3`` where that is the comma."""

    neighbours: int = 0
    """How many good entries stand before and after the one: a table is inferred from many."""

    def render(self, **values: str) -> bytes:
        """Return the file with one entry, whose values are given."""
        good = {"date": self.date, "amount": self.amount, "text": "Rent May"}
        filled = good | values
        others = self.entry.format(**good) * self.neighbours
        entry = self.entry.format(**filled)
        return "".join((self.head.format(**filled), others, entry, others, self.tail)).encode()

    def around(self, middle: Callable[[], Iterable[bytes]]) -> Source:
        """Return the file with something else where its entries are."""

        def pieces() -> Iterator[bytes]:
            yield self.head.format(date=self.date).encode()
            yield from middle()
            yield self.tail.encode()

        return source_of(pieces)


SHELLS: dict[str, Shell] = {
    "OFX": Shell(
        "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\nENCODING:USASCII\r\n"
        "CHARSET:1252\r\nCOMPRESSION:NONE\r\nOLDFILEUID:NONE\r\nNEWFILEUID:NONE\r\n\r\n<OFX>"
        "<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20240601"
        "<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0"
        "<SEVERITY>INFO</STATUS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>121000248<ACCTID>1"
        "<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20240501<DTEND>20240531\r\n",
        "<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>{date}<TRNAMT>{amount}<FITID>1<NAME>{text}</STMTTRN>\r\n",
        "</BANKTRANLIST><LEDGERBAL><BALAMT>100.00<DTASOF>20240531</LEDGERBAL></STMTRS></STMTTRNRS>"
        "</BANKMSGSRSV1></OFX>\r\n",
        "20240502",
        "-12.50",
        "20240230",
    ),
    "CAMT": Shell(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr>'
        "<MsgId>M</MsgId><CreDtTm>2024-06-01T08:00:00</CreDtTm></GrpHdr><Stmt><Id>S</Id>"
        "<CreDtTm>2024-06-01T08:00:00</CreDtTm><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id>"
        "<Ccy>EUR</Ccy></Acct>\n",
        '<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        "<BookgDt><Dt>{date}</Dt></BookgDt><ValDt><Dt>{date}</Dt></ValDt><BkTxCd><Prtry><Cd>X</Cd>"
        "</Prtry></BkTxCd><NtryDtls><TxDtls><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
        "</NtryDtls></Ntry>\n",
        "</Stmt></BkToCstmrStmt></Document>\n",
        "2024-05-02",
        "12.50",
        "2024-02-30",
    ),
    "MT940": Shell(
        ":20:STMT1\r\n:25:37040044/532013000\r\n:28C:1/1\r\n:60F:C240501EUR100,00\r\n",
        ":61:{date}C{amount}NTRFNONREF//1\r\n:86:{text}\r\n",
        ":62F:C240531EUR112,50\r\n-\r\n",
        "240502",
        "12,50",
        "240230",
        ",",
    ),
    "BAI2": Shell(
        "01,121000248,TIEOUT,240601,0800,1,,,2/\n02,TIEOUT,121000248,1,{date},2359,USD,2/\n"
        "03,4000123456,USD,010,10000,,,015,11250,,/\n",
        "16,195,{amount},Z,1,2,{text}\n",
        "49,22500,3/\n98,22500,1,5/\n99,22500,1,7/\n",
        "240531",
        "1250",
        "240230",
    ),
    "CODA": Shell(
        "00000310524539" + "05".ljust(10) + "0000000001" + "TIEOUT NV".ljust(26)
        + "KREDBEBB".ljust(11) + "00404483367" + " 00000" + " " * 39 + "2\n"
        + "12001" + "BE68539007547034".ljust(34) + "EUR" + "0000000000100000" + "300424"
        + "TIEOUT NV".ljust(26) + "ZICHTREKENING".ljust(35) + "001\n",
        "2100010000" + "1".rjust(21, "0") + "0{amount}" + "{date}" + "00150000" + "0{text:<53.53}"
        + "020524" + "00101 0\n"
        + "2200010000" + " " * 115 + "1 0\n"
        + "2300010000" + " " * 115 + "0 0\n",
        "8001" + "BE68539007547034".ljust(34) + "EUR" + "0000000000112500" + "310524" + " " * 64
        + "0\n"
        + "9" + " " * 15 + "000005" + "0" * 15 + "000000000012500" + " " * 75 + "2\n",
        "020524",
        "000000000012500",
        "300224",
    ),
    "QIF": Shell(
        "!Type:Bank\n",
        "D{date}\nT{amount}\nP{text}\n^\n",
        "",
        "05/31/2024",
        "-12.50",
        "02/30/2024",
        neighbours=1,
    ),
    "JSON": Shell(
        "",
        '{{"date": "{date}", "amount": "{amount}", "currency": "EUR", "description": "{text}"}}\n',
        "",
        "2024-05-02",
        "12.50",
        "2024-02-30",
    ),
    "CSV": Shell(
        "Date,Amount,Currency,Description\n",
        "{date},{amount},EUR,{text}\n",
        "",
        "2024-05-02",
        "-12.50",
        "2024-02-30",
        neighbours=3,
    ),
}  # fmt: skip
"""Every text format. BAI2 has its date in the group's header, so there the head has the place."""


def entity_bomb(levels: int = 30, width: int = 10) -> str:
    """A document type in which each entity is ten of the one before: 10**30 letters of text."""
    entities = ['<!ENTITY e0 "lol">']
    entities += [f'<!ENTITY e{n} "{f"&e{n - 1};" * width}">' for n in range(1, levels)]
    return f"<!DOCTYPE Document [{''.join(entities)}]>"


def external_entity(uri: str) -> str:
    """A document type whose entity is another file."""
    return f'<!DOCTYPE Document [<!ENTITY secret SYSTEM "{uri}">]>'


def gzip_bomb(size: int = 1024**3) -> bytes:
    """A gigabyte of spaces, compressed twice over what one deflate stream can (1,000 to 1)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = b" " * 1024 * 1024
    return b"".join(packer.compress(piece) for _ in range(size // len(piece))) + packer.flush()


def zip_bomb(member: str, size: int = 1024**3, head: bytes = b"") -> bytes:
    """An archive of a few kilobytes whose only member unpacks to a gigabyte."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open(member, "w", force_zip64=True) as inner,
    ):
        inner.write(head)
        piece = b" " * 1024 * 1024
        for _ in range(size // len(piece)):
            inner.write(piece)
    return file.getvalue()


def gzip_of(data: bytes) -> bytes:
    """Return data as a gzip file without a time in it."""
    return gzip.compress(data, mtime=0)
