"""The ``antin`` command."""
