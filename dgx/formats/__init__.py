"""How the admin writes dates and times: day first, 24 hours, seconds, in every browser alike."""
