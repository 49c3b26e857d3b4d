"""How log lines look: for people, or one JSON object each."""

import logging
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from app.kit.db import is_retryable

_TEXT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class JsonFormatter(logging.Formatter):
    """time (UTC), level, logger, message, and the traceback when there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """False for what libraries say of a lost database, at length and again and again: we say it in one line."""
    if not record.name.startswith(("asyncpg", "pgqueuer")):
        return True
    is_lost = record.exc_info is not None and record.exc_info[1] is not None and is_retryable(record.exc_info[1])
    return not is_lost and "flush" not in record.getMessage().lower()


def set_up_logs(*, as_json: bool, level: str) -> None:
    """Log to standard error. Chatty libraries are heard from WARNING on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if as_json else logging.Formatter(_TEXT, "%Y-%m-%d %H:%M:%S"))
    handler.addFilter(is_worth_a_line)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("alembic", "asyncio", "pgqueuer", "strawberry.execution", "uvicorn", "websockets"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # Our own extension logs what it masks; strawberry would log every refused document as an error beside it.
    logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL)
