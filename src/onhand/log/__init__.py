"""Deliveries as they came: durable, in order, each once, read from a position. A SQLite file of its own."""
