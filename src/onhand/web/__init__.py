"""The web face: webhooks come in, pages and the JSON API go out."""
