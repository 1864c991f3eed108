"""What a signature looks like on paper: fixed millimetres, an image, lines of text."""
