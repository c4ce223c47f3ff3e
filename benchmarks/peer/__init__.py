"""The peer: the old services' way of doing it, as one FastAPI service. It is measured in the same run as DGX."""
