"""The least that a request can cost here: the same servers, and next to nothing inside."""
