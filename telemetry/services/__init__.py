"""Verbs over what is reported: reports, roll-ups, partitions, exports."""
