"""Read a table from a file: CSV, plain or gzipped, in UTF-8 (with or without BOM) or CP932."""

import csv
import gzip
import zlib
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import IO, Final

from app.integrations.errors import UnreadableFile

GZIP_MAGIC: Final = b"\x1f\x8b"
ENCODINGS: Final = ("utf-8-sig", "cp932")
MAX_FIELD: Final = 100_000
# Put beside each row so that a refusal can quote it.
Row = tuple[int, dict[str, str | None]]


def read_table(path: Path, columns: Iterable[str], *, encoding: str | None = None) -> Generator[Row, None, None]:
    """(line number in the file, values by column) of each row; a cell that is missing is None.

    encoding: None tries UTF-8 and then CP932 over the whole file. Raises UnreadableFile in one sentence, before the
    first row where that can be known; a break in the middle of the file is raised when it is reached.
    """
    chosen = encoding or encoding_of(path)
    try:
        with open_text(path, chosen) as file:
            csv.field_size_limit(MAX_FIELD)
            reader = csv.DictReader(file, strict=True)
            missing = [column for column in columns if column not in (reader.fieldnames or [])]
            if missing:
                found = ", ".join(reader.fieldnames or []) or "none"
                message = f"{path.name} has no column {', '.join(missing)}. Its columns: {found[:200]}."
                raise UnreadableFile(message)
            for row in reader:
                # Cells beyond the header are gathered under None: such a row is refused by its reader.
                extra = row.pop(None, None)  # type: ignore[call-overload]
                yield reader.line_num, {**row, **({"": None} if extra else {})}
    except (OSError, EOFError, zlib.error, csv.Error, LookupError, UnicodeError) as error:
        raise UnreadableFile(_explain(path, error, chosen)) from error


def open_text(path: Path, encoding: str) -> IO[str]:
    """The file as text, unpacked."""
    with path.open("rb") as probe:
        compressed = probe.read(2) == GZIP_MAGIC
    opener = gzip.open if compressed else open
    return opener(path, "rt", encoding=encoding, newline="")  # type: ignore[return-value]


def encoding_of(path: Path) -> str:
    """The first encoding in which the whole file can be read."""
    for encoding in ENCODINGS:
        try:
            with open_text(path, encoding) as file:
                while chunk := file.read(1 << 20):
                    if "\0" in chunk:
                        # UTF-16 and programs can be read as CP932, but nobody's table has these.
                        raise UnicodeError
        except UnicodeError:
            continue
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFile(_explain(path, error, encoding)) from error
        return encoding
    message = f"{path.name} is neither UTF-8 nor CP932 text. Name its encoding with --encoding."
    raise UnreadableFile(message)


def _explain(path: Path, error: Exception, encoding: str) -> str:  # noqa: PLR0911  # one sentence a reason
    if isinstance(error, FileNotFoundError):
        return f"There is no file {path}."
    if isinstance(error, IsADirectoryError):
        return f"{path} is a folder, not a file."
    if isinstance(error, PermissionError):
        return f"{path} may not be read."
    if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
        return f"{path.name} is a broken gzip file ({error}). Fetch it again."
    if isinstance(error, UnicodeError):
        return f"{path.name} is not {encoding} text. Name its encoding with --encoding."
    if isinstance(error, LookupError):
        return f"{encoding} is no known encoding. Examples: utf-8, cp932."
    return f"{path.name} cannot be read: {error}."
