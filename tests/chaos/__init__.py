"""Everything that can be asked of the stock, while everything that can break breaks: `python -m tests.chaos`."""
