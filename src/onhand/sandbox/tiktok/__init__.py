"""TikTok Shop's API over the sandbox's world: signed calls, tokens, stock, orders."""
