"""Seeded lives over the real code: one thread, one clock that is moved by hand, and a seed that decides everything.

The platforms are the sandbox's, asked without a network; intake, log, store and every step of the works are the
product's own. Nothing waits and nothing is mocked, so a failure is replayed by its seed.
"""
