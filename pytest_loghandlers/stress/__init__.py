"""Making it hard: full queues, rotated files."""
