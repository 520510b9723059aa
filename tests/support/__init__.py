"""What tests of several floors share: a real PostgreSQL, a real browser."""
