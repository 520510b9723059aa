"""The demo: played for real, and its verdict shown to be able to fail."""
