"""What operators do, from beginning to end, in a real browser."""
