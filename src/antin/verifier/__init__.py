"""Bytes + trust + time + policy → report. Pure: holds no key, opens no socket, reads no clock."""
