"""`hikiate`, whose sweeps take few at a time, so that there are many transactions to be killed between."""

from typing import Final

from app.cli import main
from app.fulfillment import jobs

BATCH: Final = 2

if __name__ == "__main__":
    jobs.SWEEP_BATCH = BATCH  # pyright: ignore[reportConstantRedefinition,reportAttributeAccessIssue]
    main()
