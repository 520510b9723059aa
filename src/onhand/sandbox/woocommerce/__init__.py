"""WooCommerce's REST API v3 over a merchant's web shop."""
