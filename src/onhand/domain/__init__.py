"""The ground floor: what stock is and how it moves. Pure: no clock, no chance, no input or output."""
