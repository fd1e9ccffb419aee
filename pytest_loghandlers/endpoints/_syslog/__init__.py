"""Syslog: bytes in, messages out."""
