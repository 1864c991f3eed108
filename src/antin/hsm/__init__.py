"""Keys that sign but can't be read: PKCS#11 tokens and HSMs. Knows nothing of PDF, HTTP, SQL."""
