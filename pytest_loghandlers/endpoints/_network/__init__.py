"""What every server stands on: the reactor, its sockets, and their faults."""
