"""Fault injection: breaks one thing at a time under a simulated fleet and an operator, and says what was lost.

Run by `make chaos` and, shorter, by the suite. `docs/reliability.md` has the results.
"""
