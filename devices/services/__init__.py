"""Verbs that touch several models of the fleet: enrolment, presence, uptime."""
