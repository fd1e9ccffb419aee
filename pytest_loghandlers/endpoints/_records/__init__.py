"""Pickled log records: framing, a machine that reads pickles and can do nothing else, and what is asked of them."""
