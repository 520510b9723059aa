"""A merchant's world behind the platforms' real protocols; a house of its own, it imports nothing else of onhand."""
