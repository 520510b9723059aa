"""What may happen in a shop, drawn by the seed: each act returns a line for the journal, or raises Refused."""
