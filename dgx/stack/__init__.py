"""The embedded stack: PostgreSQL, Redis and S3 as child processes of `make run` and of the tests.

Nothing in this package imports Django or the settings: it runs before them and makes the environment they read.
"""
