"""The web server: granian's connections and HTTP in front of DGX's WSGI application.

A body is gathered before a thread is spent on it, a thread never waits for a client, and what cannot be answered in
time is refused at once.
"""
