"""HTTP: bytes in, requests out; scripted answers."""
