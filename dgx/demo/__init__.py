"""The first start: the first administrator, and a small chain of shops to look at."""
