"""A simulated fleet: real clients of the device protocol, as a good player is, and as bad as a network can make it."""
