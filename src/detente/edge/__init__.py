"""The outside world: argv, sockets, the clock, public feeds."""
