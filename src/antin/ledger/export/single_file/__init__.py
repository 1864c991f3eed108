"""What goes along with every export, word for word: a verifier in one file, and a text about it."""
