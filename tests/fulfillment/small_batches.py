"""`hikiate`, whose sweeps take few at a time, one batch after another: there are many moments to be killed at."""

from typing import Any, Final, cast

from app.cli import main
from app.fulfillment import jobs
from app.kit import sweeps

BATCH: Final = 2

if __name__ == "__main__":
    cast("Any", jobs).SWEEP_BATCH = BATCH
    cast("Any", sweeps).BATCH = BATCH
    cast("Any", sweeps)._WORKERS = 1
    main()
