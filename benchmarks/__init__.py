"""What is measured, and against whom: `make bench` runs every module here and writes results.md."""
