"""The kernel: what every app builds on and none of the nouns."""
