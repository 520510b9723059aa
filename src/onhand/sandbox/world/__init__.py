"""The pure model of a merchant: no HTTP, no clock, no global chance; time and `random.Random` come in."""
