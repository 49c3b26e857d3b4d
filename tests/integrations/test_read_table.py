"""Files as people send them: encodings, gzip, and every way in which they are broken."""

import gzip
from pathlib import Path

import pytest

from app.integrations.actions.read_table import read_table
from app.integrations.errors import UnreadableFile

TEXT = "品番,数量\nA-1,3\nＢ－2,①\n"


def rows(path: Path, encoding: str | None = None) -> list[tuple[int, dict[str, str | None]]]:
    return list(read_table(path, ["品番", "数量"], encoding=encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("compressed", [False, True])
def test_reads_both_encodings_plain_and_gzipped(tmp_path: Path, encoding: str, compressed: bool) -> None:
    path = tmp_path / "stock.csv"
    content = TEXT.encode(encoding)
    path.write_bytes(gzip.compress(content) if compressed else content)
    assert rows(path) == [(2, {"品番": "A-1", "数量": "3"}), (3, {"品番": "Ｂ－2", "数量": "①"})]


def test_counts_lines_and_not_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('品番,数量\n"A\n1",3\nB,4\n')
    assert [number for number, _ in rows(path)] == [3, 4]


def test_a_missing_cell_is_none_and_a_cell_too_many_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("品番,数量\nA\nB,1,2\n")
    assert rows(path) == [(2, {"品番": "A", "数量": None}), (3, {"品番": "B", "数量": "1", "": None})]


def broken_gzip() -> bytes:
    return gzip.compress(TEXT.encode() * 1000, mtime=0)[:60]


@pytest.mark.parametrize(
    ("content", "encoding", "reason"),
    [
        (b"sku,quantity\nA,1\n", None, "has no column 品番, 数量. Its columns: sku, quantity."),
        (b"", None, "has no column 品番, 数量. Its columns: none."),
        (broken_gzip(), None, "is a broken gzip file"),
        (b"\x1f\x8bnot gzip at all", None, "is a broken gzip file"),
        (b"\xe9 \xe9\n", None, "is neither UTF-8 nor CP932 text"),
        (TEXT.encode("cp932"), "utf-8", "is not utf-8 text"),
        (TEXT.encode(), "klingon", "klingon is no known encoding"),
        (TEXT.encode() + b'"unclosed', None, "cannot be read"),
    ],
)
def test_says_in_a_sentence_what_is_wrong(tmp_path: Path, content: bytes, encoding: str | None, reason: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile) as refused:
        rows(path, encoding)
    assert reason in refused.value.message
    assert "\n" not in refused.value.message


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="There is no file"):
        rows(tmp_path / "nothing.csv")
    with pytest.raises(UnreadableFile, match="is a folder"):
        rows(tmp_path)
