"""Real syslog daemons as child processes of the tests: what they make of bytes, record by record."""
