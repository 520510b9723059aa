"""What Shopify's answers hold, typed: one structure for each selection in documents/."""
