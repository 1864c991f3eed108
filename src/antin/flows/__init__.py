"""The five flows: desk, seal, verify, close, audit; one use case each, read top to bottom."""
