"""Watching what happens: captures, spies, and the state of logging."""
