"""The device protocol: enrol, claim, poll, manifest. Composes every app; `docs/device-protocol.md` is its page."""
