"""Fake servers, one file each. ``_reactor`` is the one background thread behind them."""
