"""Verbs over media: what plays, signing, uploads, processing, links."""
