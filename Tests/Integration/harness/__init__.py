"""Real servers below one directory, for the tests and for `make demo`."""
