"""Random documents, run on two executors that must answer the same."""
