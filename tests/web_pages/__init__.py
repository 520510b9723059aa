"""The pages, the JSON API and the live stream, over a real store and a real port."""
