"""The domain: agencies, catalogues, records, documents, signing tasks, seals, closures."""
