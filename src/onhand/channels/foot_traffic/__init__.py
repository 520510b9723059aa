"""Sensors at doors: what they send, by webhook, by MQTT or as files, becomes readings of `onhand.domain.traffic`.

Source of the forms: what the vendors publish (Axis People Counter API, live-sum; Butlr's TRAFFIC webhook; FootfallCam's
hourly export), Standard Webhooks 1.0, MQTT 3.1.1.
"""
