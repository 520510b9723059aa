"""`kill -9` at named points of the real process: a table of points, and one shop that outlives them all."""
