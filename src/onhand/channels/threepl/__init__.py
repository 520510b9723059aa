"""Third parties that keep goods: what they send, JSON, CSV or EDI, becomes the one notice of `onhand.domain.notices`.

Source of the forms: what the vendors publish (ShipHero's Inventory Update and Inventory Change webhooks, ShipBob's
inventory-level), Standard Webhooks 1.0, ASC X12 004010 (846, 944, 945, 947, 997).
"""
