"""PDF structure: revisions, byte ranges, signature fields. Not what a signature means."""
