"""Stores, blobs, clients, queue, settings and the wiring of it all."""
