"""The ground floor: standard library only, no pytest, no room above it."""
