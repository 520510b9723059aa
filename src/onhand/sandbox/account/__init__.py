"""What a merchant and Shopify have agreed on for the app: the plan, the scopes, the tokens."""
