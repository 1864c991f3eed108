"""The demo: the whole job once, on real parts, through public commands and HTTP calls only."""
