from __future__ import annotations

import gzip
import io
import random
import struct
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import UnreadableStatement
from shared.statements import archive
from shared.statements.archive import shown_name, unwrapped
from shared.statements.model import Summary
from shared.statements.registry import read_events, read_statement_file
from shared.statements.source import Source

CSV = b"Date,Amount\n2024-01-15,1.00\n2024-01-16,-2.50\n"
OTHER = b"Date,Amount\n2024-02-15,3.00\n"


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as out:
        for name, data in members.items():
            out.writestr(name, data)
    return file.getvalue()


def reason(data: bytes) -> str:
    with pytest.raises(UnreadableStatement) as caught:
        read_statement_file(data)
    return caught.value.reason


def contents(data: bytes) -> list[tuple[str | None, bytes]]:
    found = []
    for file in unwrapped(Source.of_bytes(data)):
        with file.source.open() as opened:
            found.append((file.member, opened.read()))
    return found


@given(st.lists(st.binary(max_size=3_000), min_size=1, max_size=5), st.integers(0, 20))
@settings(deadline=None, max_examples=60)
def test_gzip_members_come_out_as_one_file(pieces: list[bytes], zeros: int) -> None:
    data = b"".join(gzip.compress(piece) for piece in pieces) + b"\0" * zeros
    with archive._gzip_source(Source.of_bytes(data)).open() as file:
        assert file.read() == b"".join(pieces)


@given(st.binary(max_size=200_000), st.lists(st.integers(1, 70_000), min_size=1, max_size=20))
@settings(deadline=None, max_examples=40)
def test_pieces_of_any_size_come_to_the_whole(data: bytes, sizes: list[int]) -> None:
    whole = b"statement" + data * 3
    for packed in (gzip.compress(whole), zipped({"a": whole})):
        for found in unwrapped(Source.of_bytes(packed)):
            with found.source.open() as file:
                assert b"".join(map(file.read, sizes)) + file.read() == whole


def test_a_source_inside_an_archive_opens_more_than_once() -> None:
    for file in unwrapped(Source.of_bytes(zipped({"a.csv": gzip.compress(CSV)}))):
        assert [file.source.read(1_000), file.source.read(1_000)] == [CSV, CSV]
        with file.source.seekable() as opened:
            opened.seek(5)
            assert opened.read(6) == CSV[5:11]


def test_wrapping_changes_nothing() -> None:
    plain = read_statement_file(CSV)
    assert read_statement_file(gzip.compress(CSV)) == plain
    assert read_statement_file(zipped({"a.csv": CSV})) == plain
    assert read_statement_file(zipped({"a.csv.gz": gzip.compress(CSV)})) == plain
    assert read_statement_file(gzip.compress(zipped({"a.csv": CSV}))) == plain
    assert read_statement_file(zipped({"a.csv": CSV}, zipfile.ZIP_STORED)) == plain


def test_the_files_of_an_archive_are_read_in_order_and_litter_is_not() -> None:
    data = zipped(
        {
            "2024/": b"",
            "2024/b.csv": CSV,
            "__MACOSX/2024/._b.csv": b"junk",
            "2024/.DS_Store": b"junk",
            "Thumbs.db": b"junk",
            "../../a.csv": OTHER,
        }
    )
    assert contents(data) == [("b.csv", CSV), ("a.csv", OTHER)]
    found = read_statement_file(data)
    assert [one.lines_count for one in found.statements] == [2, 1]


def test_a_finding_names_member_and_statement() -> None:
    data = zipped({"may.csv": CSV, "x/june.csv": b"Date,Amount\n2024-02-30,1.00\n"})
    with pytest.raises(UnreadableStatement) as caught:
        read_statement_file(data)
    assert caught.value.reason.startswith("june.csv: ")
    assert (caught.value.statement, caught.value.line) == (2, 2)


def test_a_name_cannot_write_into_messages() -> None:
    assert shown_name("a/b\\..\\x\x1b[2J\n.csv") == "x?[2J?.csv"
    assert len(shown_name("n" * 60_000)) == archive.NAME_CHARS_MAX


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (zipped({}), "holds no file"),
        (zipped({"__MACOSX/a": b"x"}), "holds no file"),
        (zipped({"a.csv": b""}), "a.csv: the file is empty"),
        (zipped({"a.csv": CSV}, zipfile.ZIP_BZIP2), "packed with bzip2"),
        (zipped({"a.csv": CSV}, zipfile.ZIP_LZMA), "packed with LZMA"),
        (zipped({"readme.png": b"\x89PNG\r\n"}), "readme.png: the file looks like a PNG image"),
        (zipped({"a.zip": zipped({"b.zip": zipped({"c.csv": CSV})})}), "more than 2 times"),
        (gzip.compress(gzip.compress(gzip.compress(CSV))), "more than 2 times"),
        (zipped({"word/document.xml": b"<w/>"}), "Word document"),
        (zipped({"content.xml": b"<o/>", "mimetype": b"x"}), "OpenDocument"),
        (zipped({"xl/workbook.bin": b"x"}), "XLSB"),
        (gzip.compress(CSV)[:-3], "cut off"),
        (gzip.compress(CSV) + b"garbage", "gzip archive is damaged"),
        (gzip.compress(CSV)[:20] + b"\xff\xff\xff" + gzip.compress(CSV)[23:], "gzip archive"),
    ],
)
def test_what_cannot_be_unpacked_is_refused_by_name(data: bytes, named: str) -> None:
    assert named in reason(data)


def test_an_encrypted_member_is_refused_by_name() -> None:
    data = bytearray(zipped({"a.csv": CSV}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "a.csv: the file is encrypted" in reason(bytes(data))


def test_a_wrong_checksum_is_refused() -> None:
    data = bytearray(zipped({"a.csv": CSV}, zipfile.ZIP_STORED))
    at = data.index(b"1.00")
    data[at] = ord("7")
    assert "a.csv: the ZIP archive is cut off or damaged (Bad CRC-32" in reason(bytes(data))
    packed = bytearray(gzip.compress(CSV))
    packed[-7] ^= 1
    assert "checksum" in reason(bytes(packed))


def test_a_directory_that_lies_about_a_size_is_refused() -> None:
    for size in (len(CSV) - 5, len(CSV) + 5):
        data = bytearray(zipped({"a.csv": CSV}))
        data[data.index(b"PK\x01\x02") + 24 :][:4] = struct.pack("<I", size)
        at = data.index(b"PK\x01\x02") + 24
        data[at : at + 4] = struct.pack("<I", size)
        assert "a.csv" in reason(bytes(data))


def deflated_line_ends(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b"\n" * (1024 * 1024)
    pieces = [packer.compress(CSV), *(packer.compress(block) for _ in range(size // len(block)))]
    return b"".join(pieces) + packer.flush()


def test_a_gigabyte_in_a_kilobyte_ends_at_once() -> None:
    data = bytearray(zipped({"a.csv": CSV}))
    for at in (22, data.index(b"PK\x01\x02") + 24):
        data[at : at + 4] = struct.pack("<I", 1024**3)
    started = time.process_time()
    assert "times as many" in reason(bytes(data))
    assert time.process_time() - started < 1


def test_a_gzip_bomb_is_stopped_long_before_it_is_unpacked() -> None:
    packed = deflated_line_ends(256 * 1024 * 1024)
    data = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + packed + b"\0" * 8
    tracemalloc.start()
    started = time.process_time()
    assert "times as many" in reason(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - started < 5
    assert peak < archive.RATIO_FREE_BYTES * 4


def test_files_that_share_their_bytes_are_refused() -> None:
    # Twenty directory entries for one file, as in an overlapping bomb.
    single = zipped({"a.csv": CSV * 100})
    start = single.index(b"PK\x01\x02")
    end = single.index(b"PK\x05\x06")
    entries = single[start:end] * 20
    closing = bytearray(single[end:])
    closing[8:12] = struct.pack("<HH", 20, 20)
    closing[12:16] = struct.pack("<I", len(entries))
    assert "overlap" in reason(single[:start] + entries + bytes(closing))


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MEMBERS_MAX", 3)
    assert "holds 4 files" in reason(zipped({f"{n}.csv": CSV for n in range(4)}))


def test_a_directory_of_any_size_is_not_read_whole() -> None:
    data = bytearray(zipped({"a.csv": CSV}))
    end = data.index(b"PK\x05\x06")
    size = archive.DIRECTORY_BYTES_MAX * 3
    padded = data[:end] + bytes(size) + data[end:]
    at = end + size
    padded[at + 12 : at + 16] = struct.pack("<I", size)
    assert "directory of" in reason(bytes(padded))


def test_too_many_gzip_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "GZIP_MEMBERS_MAX", 3)
    assert "more than 3 members" in reason(gzip.compress(b"") * 5)


def test_the_unpacked_size_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "UNPACKED_BYTES_MAX", 50)
    noise = random.Random(1).randbytes(200)  # noqa: S311 - not for secrets
    assert "50" in reason(gzip.compress(noise))
    assert "unpacks to 200 bytes" in reason(zipped({"a.csv": noise}))


def test_kinds_of_statements_are_not_mixed() -> None:
    folder = Path(__file__).parents[2] / "golden"
    ofx = (folder / "ofx" / "sgml_unclosed_tags.ofx").read_bytes()
    data = zipped({"a.ofx": ofx, "a.csv": CSV})
    assert "the same movements twice" in reason(data)


def test_an_archive_is_read_as_a_stream() -> None:
    lines = b"".join(b"2024-01-15,%d.00,text %d\n" % (n, n) for n in range(200_000))
    data = zipped({"a.csv": b"Date,Amount,Description\n" + lines})
    tracemalloc.start()
    count = 0
    for event in read_events(Source.of_bytes(data)):
        count += 0 if isinstance(event, Summary) else len(event)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200_000
    assert peak < 60 * 1024 * 1024


@given(st.integers(0, 400), st.integers(0, 255), st.booleans())
@settings(deadline=None, max_examples=200)
def test_damage_anywhere_is_refused_or_without_effect(place: int, value: int, is_zip: bool) -> None:
    data = bytearray(zipped({"a.csv": CSV}) if is_zip else gzip.compress(CSV, mtime=0))
    data[place % len(data)] = value
    try:
        found = read_statement_file(bytes(data))
    except UnreadableStatement:
        return
    assert found == read_statement_file(CSV)
