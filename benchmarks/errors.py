"""What ends a benchmark in words."""


class BenchmarkError(Exception):
    """A measurement that cannot be made, or that would mean nothing; the message says why."""
