"""Auditing: comparing, judging and sweeping over a real store. No network: answers are given."""
