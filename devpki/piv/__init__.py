"""A virtual PIV smart card and the reader that it is put into: a real token's manners, no metal."""
