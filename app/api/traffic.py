"""How many requests a process has answered, how, and how long that took. To count one costs a microsecond or two."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate
from time import perf_counter
from typing import Final

from graphql import GraphQLError
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import Message, Send

Publish = Callable[[GraphQLError, str], GraphQLError]

# Seconds: from what is asked by key to what is broken off.
BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)


class Traffic(Collector):
    """Counts since the start of the process."""

    def __init__(self) -> None:
        self.statuses = Counter[int]()
        self.errors = Counter[str]()
        self._within = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def watched(self, send: Send) -> Send:
        """For one request that begins now: `send`, which counts when its answer begins."""
        began = perf_counter()

        async def seen(message: Message) -> None:
            if message["type"] == "http.response.start":
                took = perf_counter() - began
                self.statuses[message["status"]] += 1
                self._within[bisect_left(BOUNDS, took)] += 1
                self._seconds += took
            await send(message)

        return seen

    def counted(self, publish: Publish) -> Publish:
        """What makes errors fit for callers, which counts them as well."""

        def publish_counted(error: GraphQLError, default_code: str) -> GraphQLError:
            public = publish(error, default_code)
            self.errors[str((public.extensions or {}).get("code"))] += 1
            return public

        return publish_counted

    def collect(self) -> Iterator[Metric]:
        """The figures, for Prometheus."""
        requests = CounterMetricFamily("hikiate_requests", "Answers of /graphql over HTTP.", labels=["status"])
        for status, count in self.statuses.items():
            requests.add_metric([str(status)], count)
        yield requests
        times = HistogramMetricFamily("hikiate_request_seconds", "Time until such an answer begins.")
        bounds = [*map(str, BOUNDS), "+Inf"]
        times.add_metric([], list(zip(bounds, accumulate(self._within), strict=True)), self._seconds)
        yield times
        errors = CounterMetricFamily("hikiate_errors", "Errors at the top of answers, over all roads.", labels=["code"])
        for code, count in self.errors.items():
            errors.add_metric([code], count)
        yield errors
