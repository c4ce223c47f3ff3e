"""A server that plays tricks on one player and judges what it does: the device protocol's examination."""
