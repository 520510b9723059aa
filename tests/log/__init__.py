"""The log: kept durably, each once, in order, sealed."""
