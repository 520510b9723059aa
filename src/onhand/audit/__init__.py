"""Auditing: counts check what changes wrote. Everything is compared with everything, and the proof is kept."""
