"""A development trust world: authorities, tokens and services. Never imported by what ships."""
