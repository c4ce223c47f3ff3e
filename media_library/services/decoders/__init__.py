"""What opens files that people sent: a program of its own, `python -m media_library.services.decoders`.

It knows no Django, no setting and no secret, runs under limits of memory and time, and answers on its standard output.
So a file that breaks a decoder, or takes it over, ends one small process. `media_library.services.probing` starts it.
"""
