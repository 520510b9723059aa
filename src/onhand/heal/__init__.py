"""Healing: what is safe to correct is corrected, openly and so that it can be undone."""
