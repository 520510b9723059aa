"""Tests of onhand. A test name is a sentence about the shop."""
