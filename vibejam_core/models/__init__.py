"""Language models: the shared interface, the registry, one file per architecture."""
